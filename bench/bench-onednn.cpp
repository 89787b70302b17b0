// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Measures the linear layers of a transformer's blocks in oneDNN, turn by turn.
//
// usage: bench-onednn inner_product|matmul BATCH TOKENS WIDTH HIDDEN BLOCKS
//
// Each layer takes u8 activations and s8 weights to u8, with a bias and a scale
// for each output channel, one after the other. Weights have the layout that
// the primitive asks for; nothing is reordered or created while it is timed.

#include "Turns.h"

#include <cmath>
#include <dnnl.hpp>
#include <random>
#include <unordered_map>
#include <vector>

using namespace deit::bench;
using dnnl::memory;

namespace {

/// Rows of activations, [rows][columns] u8.
memory makeRows(const dnnl::engine &engine, int64_t rows, int64_t columns) {
  return memory(
      {{rows, columns}, memory::data_type::u8, memory::format_tag::ab}, engine);
}

class Chain {
public:
  Chain(bool innerProduct, int64_t rows)
      : engine(dnnl::engine::kind::cpu, 0), stream(engine), rows(rows),
        innerProduct(innerProduct) {}

  /// Appends a layer; buffers of one width are shared, as arenas do.
  void add(int64_t inputs, int64_t outputs);

  /// Runs all layers.
  void run() {
    for (Layer &layer : layers)
      layer.primitive.execute(stream, layer.arguments);
    stream.wait();
  }

  /// Fails unless the last layer gave what its definition says, up to the
  /// rounding of a half.
  void check();

  /// How the layers are implemented.
  std::string implementation;
  int64_t macs = 0;

private:
  struct Layer {
    dnnl::primitive primitive;
    std::unordered_map<int, memory> arguments;
  };
  /// Plain parameters of the last layer.
  struct Parameters {
    int64_t inputs, outputs;
    std::vector<int8_t> weights; ///< [outputs][inputs]
    std::vector<float> bias, scales;
  };

  Parameters draw(int64_t inputs, int64_t outputs);
  memory &buffer(int64_t columns, bool output);
  template <typename Primitive>
  Layer build(const typename Primitive::primitive_desc &description);
  Layer buildInnerProduct(const dnnl::primitive_attr &attributes);
  Layer buildMatmul(const dnnl::primitive_attr &attributes);

  dnnl::engine engine;
  dnnl::stream stream;
  int64_t rows;
  bool innerProduct;
  std::mt19937 random;
  std::unordered_map<int64_t, memory> buffers;
  std::vector<Layer> layers;
  Parameters last;
};

Chain::Parameters Chain::draw(int64_t inputs, int64_t outputs) {
  Parameters drawn{inputs, outputs, {}, {}, {}};
  std::uniform_int_distribution<int> code(-127, 127);
  for (int64_t i = 0; i < inputs * outputs; ++i)
    drawn.weights.push_back(int8_t(code(random)));
  // A result is as large as an operand, on the average.
  std::uniform_real_distribution<float> factor(0.5f, 1.5f);
  float scale = 1 / (73 * std::sqrt(float(inputs)));
  for (int64_t i = 0; i < outputs; ++i) {
    drawn.scales.push_back(scale * factor(random));
    drawn.bias.push_back(std::round(100 / drawn.scales.back()));
  }
  return drawn;
}

/// Operands and results of one width are different memory.
memory &Chain::buffer(int64_t columns, bool output) {
  memory &found = buffers[2 * columns + output];
  if (!found) {
    found = makeRows(engine, rows, columns);
    auto *codes = static_cast<uint8_t *>(found.get_data_handle());
    for (int64_t i = 0; i < rows * columns; ++i)
      codes[i] = uint8_t(random() >> 8);
  }
  return found;
}

template <typename Primitive>
Chain::Layer
Chain::build(const typename Primitive::primitive_desc &description) {
  // Described as the primitive sees them, and plain.
  memory::desc weights = description.weights_desc();
  auto plain = memory::desc(weights.dims(), memory::data_type::s8,
                            innerProduct ? memory::format_tag::ab
                                         : memory::format_tag::ba);
  auto biasDims =
      innerProduct ? memory::dims{last.outputs} : memory::dims{1, last.outputs};
  memory bias({biasDims, memory::data_type::f32,
               innerProduct ? memory::format_tag::a : memory::format_tag::ab},
              engine);
  std::copy(last.bias.begin(), last.bias.end(),
            static_cast<float *>(bias.get_data_handle()));
  memory given(plain, engine, last.weights.data()), packed(weights, engine);
  dnnl::reorder(given, packed).execute(stream, given, packed);
  stream.wait();
  implementation = description.impl_info_str();
  return {Primitive(description),
          {{DNNL_ARG_SRC, buffer(last.inputs, false)},
           {DNNL_ARG_WEIGHTS, packed},
           {DNNL_ARG_BIAS, bias},
           {DNNL_ARG_DST, buffer(last.outputs, true)}}};
}

Chain::Layer Chain::buildInnerProduct(const dnnl::primitive_attr &attributes) {
  using dnnl::inner_product_forward;
  memory::desc weights({last.outputs, last.inputs}, memory::data_type::s8,
                       memory::format_tag::any);
  memory::desc bias({last.outputs}, memory::data_type::f32,
                    memory::format_tag::a);
  inner_product_forward::desc layer(
      dnnl::prop_kind::forward_inference, buffer(last.inputs, false).get_desc(),
      weights, bias, buffer(last.outputs, true).get_desc());
  return build<inner_product_forward>({layer, attributes, engine});
}

Chain::Layer Chain::buildMatmul(const dnnl::primitive_attr &attributes) {
  memory::desc weights({last.inputs, last.outputs}, memory::data_type::s8,
                       memory::format_tag::any);
  memory::desc bias({1, last.outputs}, memory::data_type::f32,
                    memory::format_tag::ab);
  dnnl::matmul::desc layer(buffer(last.inputs, false).get_desc(), weights, bias,
                           buffer(last.outputs, true).get_desc());
  return build<dnnl::matmul>({layer, attributes, engine});
}

void Chain::add(int64_t inputs, int64_t outputs) {
  last = draw(inputs, outputs);
  dnnl::primitive_attr attributes;
  attributes.set_output_scales(/*mask=*/1 << 1, last.scales);
  layers.push_back(innerProduct ? buildInnerProduct(attributes)
                                : buildMatmul(attributes));
  macs += rows * inputs * outputs;
}

void Chain::check() {
  run();
  auto *x =
      static_cast<uint8_t *>(buffer(last.inputs, false).get_data_handle());
  auto *y =
      static_cast<uint8_t *>(buffer(last.outputs, true).get_data_handle());
  for (int64_t row : {int64_t(0), rows - 1})
    for (int64_t n = 0; n < last.outputs; ++n) {
      double sum = last.bias[n];
      for (int64_t k = 0; k < last.inputs; ++k)
        sum += x[row * last.inputs + k] * last.weights[n * last.inputs + k];
      double right = std::min(255.0, std::max(0.0, sum * last.scales[n]));
      if (std::abs(y[row * last.outputs + n] - right) > 0.51)
        fail("oneDNN's " + implementation + " gives " +
             std::to_string(y[row * last.outputs + n]) + " where " +
             std::to_string(right) + " is right");
    }
}

} // namespace

static void measure(char **argv) {
  std::string kind = argv[1];
  if (kind != "inner_product" && kind != "matmul")
    fail("the primitive is 'inner_product' or 'matmul', not '" + kind + "'");
  int64_t rows = positive(argv[2], "BATCH") * positive(argv[3], "TOKENS");
  int64_t width = positive(argv[4], "WIDTH");
  int64_t hidden = positive(argv[5], "HIDDEN");
  int64_t blocks = positive(argv[6], "BLOCKS");
  Chain chain(kind == "inner_product", rows);
  for (int64_t i = 0; i < blocks; ++i) {
    chain.add(width, 3 * width);
    chain.add(width, width);
    chain.add(width, hidden);
    chain.add(hidden, width);
  }
  chain.check();
  takeTurns(
      "\"macs\": " + std::to_string(chain.macs) +
          ", \"layers\": " + std::to_string(4 * blocks) + ", \"settings\": \"" +
          kind + ", " + chain.implementation + "\"",
      [&] { return timeOf([&] { chain.run(); }); }, [] { return 0.0; });
}

int main(int argc, char **argv) {
  if (argc != 7)
    fail("usage: bench-onednn inner_product|matmul BATCH TOKENS WIDTH HIDDEN "
         "BLOCKS");
  try {
    measure(argv);
  } catch (const std::exception &error) {
    fail(std::string("oneDNN: ") + error.what());
  }
  return 0;
}
