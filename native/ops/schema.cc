// Every operator of libbert, declared once. The CPU kernels and autograd formulas are registered in this folder, the
// CUDA kernels in native/cuda. An operator whose backward pass needs more than its inputs is a pair, `<name>_forward`
// and `<name>_backward`: a device implements the pair, the autograd formula is shared.

#include <torch/library.h>

TORCH_LIBRARY(libbert, m) {
  // [..., I] x [O, I] -> [..., O]
  m.def("linear(Tensor input, Tensor weight, Tensor? bias) -> Tensor");

  // The same with GELU behind it, exact or in tanh's approximation; and GELU alone, whose backward pass gives the
  // gradient of x [T, I] and its sum over the rows, [I].
  m.def("linear_gelu(Tensor input, Tensor weight, Tensor bias, bool tanh) -> Tensor");
  m.def("gelu(Tensor x, bool tanh) -> Tensor");
  m.def("gelu_backward(Tensor grad, Tensor x, bool tanh) -> (Tensor grad_x, Tensor grad_bias)");

  // The same, and the input once more, for a residual connection: the product that makes the input's gradient adds to it
  // the one that comes by the connection.
  m.def("linear_with_residual(Tensor(a) input, Tensor weight, Tensor? bias) -> (Tensor output, Tensor(a) residual)");
  m.def(
      "linear_gelu_with_residual(Tensor(a) input, Tensor weight, Tensor bias, bool tanh) -> (Tensor output, "
      "Tensor(a) residual)");

  // Of such a layer, by its input [T, I] and the gradient [T, O] of its output: adds the weight's to weight_gradient
  // [O, I], and gives the bias's, [O].
  m.def("linear_gradients_(Tensor(a!) weight_gradient, Tensor grad, Tensor input) -> Tensor bias_gradient");

  // [count, H], [...] -> [..., H]; looking up row padding_id does not train it, and -1 is no row's number
  m.def("embedding(Tensor weight, Tensor ids, int padding_id) -> Tensor");

  // The rows that have the same id, summed: [N, H], [N] -> [count, H], which may be sparse. Rows of skipped_id are left
  // out.
  m.def("sum_by_id(Tensor rows, Tensor ids, int count, int skipped_id) -> Tensor");

  // dropout(LayerNorm(words + positions + segments)) of ids [T] in tables [count, H] -> [T, H]. A model may do without
  // segments. The forward pass is a device's own, the backward pass is made of other operators.
  m.def(
      "bert_embeddings(Tensor words, Tensor word_ids, int padding_id, Tensor positions, Tensor position_ids, "
      "Tensor? segments, Tensor? segment_ids, Tensor weight, Tensor bias, float eps, float p, Tensor? key, "
      "Tensor? row_ids) -> Tensor");
  m.def(
      "bert_embeddings_forward(Tensor words, Tensor word_ids, Tensor positions, Tensor position_ids, "
      "Tensor? segments, Tensor? segment_ids, Tensor weight, Tensor bias, float eps, float p, Tensor? key, "
      "Tensor? row_ids) -> (Tensor output, Tensor sum, Tensor mean, Tensor rstd)");

  // For layers that are not trained any more: the weight [O, I] in the order in which a product reads it, and the
  // product with an activation (none, gelu, gelu_tanh, relu). [O, I] -> [ceil(O / 16), I, 16], or of bfloat16
  // [ceil(O / 32), I / 2, 64]; [T, I] x that -> [T, O]. What is packed is written over the weight, or takes new memory
  // where O is no multiple of 16, or 32.
  m.def("pack_weight_(Tensor(a!) weight) -> Tensor(a!)");
  m.def("packed_linear(Tensor input, Tensor weight, Tensor bias, str activation) -> Tensor");

  // The same in products of 8-bit integers: a weight [O, I] as such integers, and [2, O], the scales of its rows and
  // the scaled sums of their integers.
  m.def("quantize_weight(Tensor weight) -> (Tensor weight, Tensor scales)");
  m.def("int8_linear(Tensor input, Tensor weight, Tensor scales, Tensor bias, str activation) -> Tensor");

  // [T, H] -> [T, H]; the mask of row t is drawn from (key, row_ids[t]), or (key, t) without row_ids. The key,
  // one int64, may be none where p is 0. It is a tensor so that a launch depends on no number that changes with the
  // update.
  m.def("dropout(Tensor input, float p, Tensor? key, Tensor? row_ids) -> Tensor");

  // LayerNorm(residual + dropout(input)): [T, H] -> [T, H]
  m.def(
      "dropout_add_layer_norm(Tensor input, Tensor residual, Tensor weight, Tensor bias, float eps, float p, "
      "Tensor? key, Tensor? row_ids) -> Tensor");
  m.def(
      "dropout_add_layer_norm_forward(Tensor input, Tensor residual, Tensor weight, Tensor bias, float eps, float p, "
      "Tensor? key, Tensor? row_ids) -> (Tensor output, Tensor sum, Tensor mean, Tensor rstd)");
  m.def(
      "dropout_add_layer_norm_backward(Tensor grad, Tensor sum, Tensor mean, Tensor rstd, Tensor weight, float p, "
      "Tensor? key, Tensor? row_ids) -> (Tensor grad_input, Tensor grad_residual, Tensor grad_weight, "
      "Tensor grad_bias)");

  // Packed self-attention: qkv [T, 3 * H] holds the heads' queries, then keys, then values; cu_seqlens int32 [B + 1],
  // on the CPU, or where qkv is. The mask is drawn from (key, row_ids, key position, head), or by kernels of a
  // GPU's library from the generator, which they move on; random_state is what they keep of it for the backward pass.
  m.def(
      "varlen_attention(Tensor qkv, Tensor cu_seqlens, int max_seqlen, int num_heads, float dropout_p, Tensor? key, "
      "Generator? generator, Tensor? row_ids, bool causal) -> Tensor");
  m.def(
      "varlen_attention_forward(Tensor qkv, Tensor cu_seqlens, int max_seqlen, int num_heads, float dropout_p, "
      "Tensor? key, Generator? generator, Tensor? row_ids, bool causal) -> (Tensor output, Tensor log_sum_exp, "
      "Tensor random_state)");
  m.def(
      "varlen_attention_backward(Tensor grad, Tensor qkv, Tensor output, Tensor log_sum_exp, Tensor random_state, "
      "Tensor cu_seqlens, int max_seqlen, int num_heads, float dropout_p, Tensor? key, Tensor? row_ids, bool causal) "
      "-> Tensor");

  // The sum of the cross entropies of logits [N, V] with the classes [N], of which -100 does not count: a float32
  // scalar (float64 of float64). The backward pass writes the logits' gradient over them.
  m.def("cross_entropy_sum(Tensor logits, Tensor targets) -> Tensor");
  m.def("cross_entropy_sum_forward(Tensor logits, Tensor targets) -> (Tensor loss, Tensor log_sum_exp)");
  m.def("cross_entropy_sum_backward_(Tensor grad, Tensor(a!) logits, Tensor targets, Tensor log_sum_exp) -> ()");

  // The layers of a post-norm encoder, for prediction: hidden [T, H] -> what each layer gives, [T, H]; the last gives
  // [R, H] where output_tokens, int32 [R], names the rows that are read of it. Of each layer,
  // parameters holds weight and bias of the stacked query, key and value, of the attention's output, its LayerNorm, the
  // intermediate layer, the output and its LayerNorm; the weights of linear layers as they are, packed, or as 8-bit
  // integers, in which case scales has those of each, four a layer.
  m.def(
      "encoder_layers(Tensor hidden, Tensor cu_seqlens, int max_seqlen, Tensor[] parameters, Tensor[] scales, "
      "int num_heads, str activation, float eps, bool causal, Tensor? output_tokens) -> Tensor[]");

  // One AdamW step over flat buffers; weight is the copy of master that the model computes with. What changes with
  // the update is on their device: rates, float64 [3], are the learning rate, which rate_scale multiplies, and both
  // bias corrections; grad_scale is a float32 scalar that multiplies grad. Where it is not finite, nothing is
  // written. With zero_grad, grad is zeros afterwards in any case.
  m.def(
      "adamw_(Tensor(a!) master, Tensor(b!) weight, Tensor(e!) grad, Tensor(c!) exp_avg, Tensor(d!) exp_avg_sq, "
      "Tensor rates, float rate_scale, float beta1, float beta2, float eps, float weight_decay, Tensor grad_scale, "
      "bool zero_grad) -> ()");

  // float64 scalar
  m.def("sum_of_squares(Tensor flat) -> Tensor");

  // Of float32 buffers whose segments lie from offsets[s] to offsets[s + 1], int64 [S + 1], and cover them: the sums of
  // their squares, float64 [S]; and x += factors[s] * y with float64 factors [S].
  m.def("segment_sums_of_squares(Tensor flat, Tensor offsets) -> Tensor");
  m.def("add_scaled_segments_(Tensor(a!) x, Tensor y, Tensor offsets, Tensor factors) -> ()");

  // Of a GPU's library: what has kernels of its own there, and which of these the process takes from now on.
  m.def("own_kernels() -> str[]");
  m.def("use_own_kernels(str[] names) -> ()");

  // Of libbert's library for GPUs alone: CUDA graphs by their numbers; see native/cuda/graph.cc.
  m.def("begin_graph(Generator? generator, int sharing) -> int");
  m.def("end_graph(int graph) -> ()");
  m.def("replay_graph(int graph) -> ()");
  m.def("free_graph(int graph) -> ()");
}
