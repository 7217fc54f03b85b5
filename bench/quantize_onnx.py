"""Makes an ONNX model's weights 8-bit integers, and its activations too while it runs, as models for transformers.js have them:

    python bench/quantize_onnx.py float32/model.onnx q8/model.onnx
"""

import sys

from onnxruntime.quantization import QuantType, quantize_dynamic

source, target = sys.argv[1:]
quantize_dynamic(source, target, weight_type=QuantType.QInt8)
