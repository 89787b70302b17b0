// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Reads pictures in CIFAR-100's format and prepares them as the models expect.

#include "Dataset.h"

#include "deit_cifar.h"

#include <new>
#include <stdexcept>

namespace deit::examples {
namespace {

/// The runtime's reader, closed on every way out.
class Reader {
public:
  explicit Reader(const std::string &path) {
    check(deit_cifar_open(&cifar, path.c_str(), 100, 100, &error));
  }
  Reader(const Reader &) = delete;
  ~Reader() { deit_cifar_close(&cifar); }

  int64_t count() const { return cifar.count; }

  int64_t read(uint8_t *image) {
    uint32_t label;
    check(deit_cifar_read(&cifar, image, &label, &error));
    return label;
  }

private:
  void check(bool succeeded) const {
    if (!succeeded)
      throw std::runtime_error(error.text);
  }

  deit_cifar cifar;
  deit_error error;
};

} // namespace

Dataset::Dataset(const std::string &path, int64_t edge)
    : edge(edge),
      resizer(deit_resizer_create(DEIT_FILTER_BICUBIC, DEIT_CIFAR_SIDE,
                                  DEIT_CIFAR_SIDE, edge, edge),
              deit_resizer_free) {
  if (!resizer)
    throw std::bad_alloc();
  Reader reader(path);
  pixels = torch::empty({reader.count(), DEIT_CIFAR_SIDE, DEIT_CIFAR_SIDE, 3},
                        torch::kUInt8);
  classes = torch::empty({reader.count()}, torch::kInt64);
  for (int64_t i = 0; i < reader.count(); ++i)
    classes[i] = reader.read(pixels[i].data_ptr<uint8_t>());
}

torch::Tensor Dataset::labels(const torch::Tensor &indices) const {
  return classes.index_select(0, indices);
}

torch::Tensor Dataset::images(const torch::Tensor &indices) const {
  torch::Tensor small = pixels.index_select(0, indices);
  torch::Tensor large =
      torch::empty({indices.size(0), edge, edge, 3}, torch::kUInt8);
  for (int64_t i = 0; i < indices.size(0); ++i)
    deit_resize(resizer.get(), small[i].data_ptr<uint8_t>(),
                large[i].data_ptr<uint8_t>());
  torch::Tensor mean = torch::tensor({0.485f, 0.456f, 0.406f});
  torch::Tensor deviation = torch::tensor({0.229f, 0.224f, 0.225f});
  torch::Tensor normal = (large.to(torch::kFloat32) / 255 - mean) / deviation;
  return normal.permute({0, 3, 1, 2}).contiguous();
}

} // namespace deit::examples
