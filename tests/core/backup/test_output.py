"""The output of restic 0.14 to 0.19 as records."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.backup import output
from core.backup.output import ContentsReader, FileProblem
from core.backup.records import BackupProgress

ID = "5d190e1ec8fa687b183cce5c0be389042004c3f0e79208f84deddb435d81bdfe"
SNAPSHOT_14 = {
    "time": "2026-11-24T08:56:34.85332648Z", "paths": ["/h/datasets"], "hostname": "vm",
    "tags": ["datahall"], "id": ID, "short_id": ID[:8],
}  # fmt: skip
SNAPSHOT_18 = SNAPSHOT_14 | {
    "time": "2026-11-24T09:56:34.853326481+01:00", "program_version": "restic 0.18.0",
    "summary": {
        "total_files_processed": 3, "total_bytes_processed": 30_000_004,
        "data_added": 2757, "data_added_packed": 1758,
    },
}  # fmt: skip


@pytest.mark.parametrize(
    "line",
    ["", "   ", '{"message_type":"sta', "{]", "[1]", "null", "repository opened", "\x00", "{1:2}"],
)
def test_a_truncated_blank_or_plain_line_is_not_a_document(line: str) -> None:
    assert output.parse_document(line) is None


@given(st.text())
def test_any_line_can_be_parsed(line: str) -> None:
    output.parse_document(line)
    output.parse_file_problems([line])
    output.parse_texts([line])
    output.parse_check_problems([line])
    ContentsReader().read(line)


def test_zeros_that_restic_omits_are_zeros() -> None:
    found = output.parse_document(
        '{"message_type":"status","percent_done":0,"total_files":1,"total_bytes":5}'
    )
    assert found is not None
    assert output.document_kind(found) == "status"
    assert output.parse_backup_progress(found) == BackupProgress(
        bytes_done=0, bytes_total=5, files_done=0, files_total=1
    )


def test_restore_progress_is_parsed() -> None:
    found = json.loads(
        '{"message_type":"status","seconds_elapsed":1,"percent_done":0.5,"total_files":4,'
        '"files_restored":2,"total_bytes":10,"bytes_restored":5}'
    )
    assert output.parse_restore_progress(found) == BackupProgress(
        bytes_done=5, bytes_total=10, files_done=2, files_total=4
    )


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        (  # 0.14: Go's PathError, an errno and no text
            (
                '{"message_type":"error","error":{"Op":"open","Path":"d/s","Err":13},'
                '"during":"archival","item":"/h/d/s"}'
            ),
            FileProblem(item="/h/d/s", during="archival", text="permission denied"),
        ),
        (  # 0.14: an error without a reason
            '{"message_type":"error","error":{},"during":"scan","item":"/h/d"}',
            FileProblem(item="/h/d", during="scan", text=""),
        ),
        (  # 0.16 and later
            (
                '{"message_type":"error","error":{"message":"open d/s: permission denied"},'
                '"during":"archival","item":"d/s"}'
            ),
            FileProblem(item="d/s", during="archival", text="open d/s: permission denied"),
        ),
        (  # 0.18: files that vanished, while the exit code is 0
            (
                '{"message_type":"error","error":{"message":"lstat x: no such file or directory"},'
                '"during":"scan","item":"x"}'
            ),
            FileProblem(item="x", during="scan", text="lstat x: no such file or directory"),
        ),
        (  # 0.14's restore
            "ignoring error for /d/big: ciphertext verification failed",
            FileProblem(item="/d/big", during="restore", text="ciphertext verification failed"),
        ),
        ('{"message_type":"exit_error","code":3,"message":"Warning: ..."}', None),
        ('{"message_type":"error","error":{"message":"cut', None),
        ("", None),
    ],
)
def test_files_that_restic_could_not_process_are_named(
    line: str, problem: FileProblem | None
) -> None:
    assert output.parse_file_problems([line]) == ((problem,) if problem else ())


def test_each_file_is_named_once() -> None:
    line = '{"message_type":"error","error":{},"during":"%s","item":"/h/d"}'
    assert len(output.parse_file_problems([line % "scan", line % "archival"])) == 1


def test_check_problems_in_plain_text_exclude_the_steps() -> None:
    lines = [
        "using temporary cache in /c", "create exclusive lock for repository", "load indexes",
        "check all packs", "check snapshots, trees and blobs", "[0:00] 100.00%  2 / 2 snapshots",
        "", "read all data", "Pack ID does not match, want 77, got 25",
        "[0:00] 100.00%  5 / 5 packs", "Fatal: repository contains errors",
    ]  # fmt: skip
    assert output.parse_check_problems(lines) == (
        "Pack ID does not match, want 77, got 25",
        "Fatal: repository contains errors",
    )


def test_check_problems_in_json_exclude_the_advice() -> None:
    lines = [
        '{"message_type":"error","message":"pack 46 contains 2 errors: [blob 2a]\\n"}',
        '{"message_type":"error","message":"\\nThe repository contains damaged pack files. X\\n"}',
        '{"message_type":"error","message":"restic repair packs 46\\nrestic repair snapshots\\n"}',
        '{"message_type":"error","message":"Damaged pack files can be caused by X\\n"}',
        '{"message_type":"exit_error","code":1,"message":"Fatal: repository contains errors"}',
        '{"message_type":"summary","num_errors":1,"broken_packs":["46"]}',
    ]
    assert output.parse_check_problems(lines) == (
        "pack 46 contains 2 errors: [blob 2a]",
        "Fatal: repository contains errors",
    )


def test_sizes_of_a_snapshot_are_absent_before_restic_0_17() -> None:
    old = output.parse_snapshot(SNAPSHOT_14)
    new = output.parse_snapshot(SNAPSHOT_18)
    assert (old.files, old.bytes, old.added_bytes) == (None, None, None)
    assert (new.files, new.bytes, new.added_bytes) == (3, 30_000_004, 1758)
    assert old.created_at == pytest.approx(new.created_at, abs=1e-3)
    assert old.tags == ("datahall",)


def test_added_bytes_are_the_packed_ones_where_restic_prints_them() -> None:
    assert output.added_bytes({"data_added": 10, "data_added_packed": 4}) == 4
    assert output.added_bytes({"data_added": 10}) == 10
    assert output.added_bytes({}) == 0


def test_contents_are_files_and_links_only() -> None:
    reader = ContentsReader()
    for entry in (
        SNAPSHOT_14 | {"struct_type": "snapshot"},
        {"type": "dir", "path": "/datasets"},
        {"type": "file", "path": "/datasets/a", "size": 3},
        {"type": "file", "path": "/datasets/empty"},
        {"type": "symlink", "path": "/datasets/link"},
        {"type": "fifo", "path": "/datasets/pipe"},
    ):
        reader.read(json.dumps(entry))
    reader.read('{"type":"file","path":"/dat')
    contents = reader.contents()
    assert contents.listing == {"datasets/a": 3, "datasets/empty": 0, "datasets/link": 0}
    assert contents.files == 2
    assert contents.stored.id == ID
