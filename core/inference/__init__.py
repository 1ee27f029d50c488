"""Translation with a trained model: engines, segmentation, export, self-test."""
