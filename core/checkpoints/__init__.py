"""Checkpoints of a run.

`runs/ID/checkpoints/step_NNNNNNNN/` holds the model's files, `state.pt` with everything else that
training needs to continue bit by bit, and `MANIFEST.json`, written last. The files `last` and
`best` beside these folders are pointers: each contains the name of one folder.

`manifest` and `catalog` do not need PyTorch, so that pages and commands can list checkpoints;
`contents` writes and reads tensors.
"""
