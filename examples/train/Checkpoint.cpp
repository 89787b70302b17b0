// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Torch's checkpoint format: a pickle and raw storages in a zip archive.

#include "Checkpoint.h"

#include <zip.h>

#include <cstdio>
#include <deque>
#include <stdexcept>

namespace deit::examples {
namespace {

/// Emits the opcodes of pickle protocol 2 that a state dictionary needs.
class Pickler {
public:
  Pickler() { bytes += "\x80\x02"; }

  void global(const std::string &module, const std::string &name) {
    bytes += 'c' + module + '\n' + name + '\n';
  }
  void string(const std::string &text) {
    bytes += 'X';
    word(static_cast<uint32_t>(text.size()));
    bytes += text;
  }
  void integer(int64_t value) {
    bytes += 'J';
    word(static_cast<uint32_t>(value));
  }
  void integers(c10::IntArrayRef values) {
    mark();
    for (int64_t value : values)
      integer(value);
    tuple();
  }
  void emptyOrderedDict() {
    global("collections", "OrderedDict");
    bytes += ")R";
  }
  void mark() { bytes += '('; }
  void tuple() { bytes += 't'; }
  void persistentId() { bytes += 'Q'; }
  void falseValue() { bytes += '\x89'; }
  void call() { bytes += 'R'; }
  void setItems() { bytes += 'u'; }
  std::string stop() { return bytes + '.'; }

private:
  void word(uint32_t value) {
    for (int shift = 0; shift < 32; shift += 8)
      bytes += static_cast<char>(value >> shift & 0xFF);
  }

  std::string bytes;
};

/// torch._utils._rebuild_tensor_v2(storage, 0, sizes, strides, False, {})
void pickleTensor(Pickler &pickler, const torch::Tensor &tensor,
                  const std::string &key) {
  pickler.global("torch._utils", "_rebuild_tensor_v2");
  pickler.mark();
  pickler.mark();
  pickler.string("storage");
  pickler.global("torch", "FloatStorage");
  pickler.string(key);
  pickler.string("cpu");
  pickler.integer(tensor.numel());
  pickler.tuple();
  pickler.persistentId();
  pickler.integer(0);
  pickler.integers(tensor.sizes());
  pickler.integers(tensor.strides());
  pickler.falseValue();
  pickler.emptyOrderedDict();
  pickler.tuple();
  pickler.call();
}

/// A zip archive that is written when `close` is called, and else not at all.
class Archive {
public:
  Archive(const std::string &path, const std::string &folder)
      : path(path), folder(folder) {
    int code = 0;
    archive = zip_open(path.c_str(), ZIP_CREATE | ZIP_TRUNCATE, &code);
    if (archive)
      return;
    zip_error_t error;
    zip_error_init_with_code(&error, code);
    std::string reason = zip_error_strerror(&error);
    zip_error_fini(&error);
    throw std::runtime_error("cannot write '" + path + "': " + reason);
  }
  Archive(const Archive &) = delete;
  ~Archive() {
    if (archive)
      zip_discard(archive);
  }

  /// Adds an uncompressed entry; `data` must live until `close`.
  void add(const std::string &name, const void *data, size_t size) {
    zip_source_t *source = zip_source_buffer(archive, data, size, 0);
    zip_int64_t index = zip_file_add(archive, (folder + '/' + name).c_str(),
                                     source, ZIP_FL_ENC_UTF_8);
    // A fixed date (the first a zip file can hold) keeps the file reproducible.
    constexpr zip_uint16_t noon1980 = 12 << 11, january1 = 1 << 5 | 1;
    if (index < 0)
      zip_source_free(source);
    if (index < 0 ||
        zip_set_file_compression(archive, index, ZIP_CM_STORE, 0) != 0 ||
        zip_file_set_dostime(archive, index, noon1980, january1, 0) != 0)
      fail();
  }

  void close() {
    if (zip_close(archive) != 0)
      fail();
    archive = nullptr;
  }

private:
  [[noreturn]] void fail() {
    throw std::runtime_error("cannot write '" + path +
                             "': " + zip_strerror(archive));
  }

  std::string path, folder;
  zip_t *archive;
};

/// The file's name without folder and extension, which names the folder within
/// the archive, as torch.save does.
std::string stem(const std::string &path) {
  std::string name = path.substr(path.find_last_of('/') + 1);
  return name.substr(0, name.find_last_of('.'));
}

} // namespace

void saveCheckpoint(const torch::nn::Module &module, const std::string &path) {
  Pickler pickler;
  std::deque<torch::Tensor> tensors;
  pickler.emptyOrderedDict();
  pickler.mark();
  for (const auto &parameter : module.named_parameters()) {
    tensors.push_back(parameter.value().detach().contiguous());
    pickler.string(parameter.key());
    pickleTensor(pickler, tensors.back(), std::to_string(tensors.size() - 1));
  }
  pickler.setItems();
  std::string pickle = pickler.stop();

  Archive archive(path, stem(path));
  archive.add("data.pkl", pickle.data(), pickle.size());
  archive.add("byteorder", "little", 6);
  for (size_t i = 0; i < tensors.size(); ++i)
    archive.add("data/" + std::to_string(i), tensors[i].data_ptr<float>(),
                tensors[i].nbytes());
  archive.add("version", "3\n", 2);
  archive.close();
}

} // namespace deit::examples
