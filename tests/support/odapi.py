"""A small whole pipeline.config and label map, and named ways to break them."""

from __future__ import annotations

CONFIG = """# A comment that has to stay.
model {
  ssd {
    num_classes: 3
    image_resizer {
      fixed_shape_resizer { height: 300 width: 300 }
    }
    feature_extractor {
      type: "ssd_mobilenet_v2_keras"
      depth_multiplier: 1.0
      min_depth: 16
      conv_hyperparams {
        activation: RELU_6
        batch_norm { epsilon: 0.001 }
      }
      override_base_feature_extractor_hyperparams: true
    }
    box_coder { faster_rcnn_box_coder { } }
    anchor_generator {
      ssd_anchor_generator {
        num_layers: 6
        aspect_ratios: [1.0, 2.0, 0.5, 3.0, 0.3333]
        reduce_boxes_in_lowest_layer: true
      }
    }
    box_predictor {
      convolutional_box_predictor {
        kernel_size: 1
        conv_hyperparams { activation: RELU_6 }
      }
    }
    post_processing {
      batch_non_max_suppression { }
      score_converter: SIGMOID
    }
  }
}
train_config {
  batch_size: 8   # small
  optimizer {
    momentum_optimizer {
      momentum_optimizer_value: 0.9
    }
  }
  fine_tune_checkpoint: "gs://bucket/ckpt-0"
  fine_tune_checkpoint_version: V2
  num_steps: 1000
}
train_input_reader {
  label_map_path: "gs://bucket/labels.pbtxt"
  tf_record_input_reader {
    input_path: "gs://bucket/train.record"
  }
}
eval_config {
  use_moving_averages: false
}
eval_input_reader {
  label_map_path: "gs://bucket/labels.pbtxt"
}
"""

LABELS = """item {
  id: 1
  name: "cat"  # first
}
item {
  id: 2
  name: 'dog'
}
"""


def without_brace(text: str, before: str) -> str:
    """Take away the closing brace that stands on the line before a field."""
    return text.replace(f"}}\n{before}", before, 1)


def with_line(text: str, before: str, line: str) -> str:
    """Put a line before the first line that begins with `before`."""
    return text.replace(f"\n{before}", f"\n{line}\n{before}", 1)
