"""Metrics: labels are escaped, and clients cannot create them."""

from prometheus_client.parser import text_string_to_metric_families
from starlette.testclient import TestClient

from core.serving.metrics import Metrics

AWKWARD = 'en-es "best"\\\n:1'


def test_labels_are_escaped() -> None:
    metrics = Metrics()
    metrics.requests[AWKWARD, 200] += 2
    text = metrics.exposition([AWKWARD]).decode()
    samples = {
        sample.name: sample
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }
    requests = samples["datahall_translation_requests_total"]
    assert (requests.labels, requests.value) == ({"path": AWKWARD, "status": "200"}, 2)
    assert samples["datahall_translation_model_info"].labels == {"model": AWKWARD}


def test_a_refused_request_for_an_unknown_path_creates_no_label(client: TestClient) -> None:
    for path in ("/wp-login.php", "/.env", "/languages"):
        client.post(path, headers={"origin": "https://evil.example"})
        client.post(path)
    text = client.get("/metrics").text
    paths = {line.split('"')[1] for line in text.splitlines() if "{path=" in line}
    assert paths == {"unknown"}
