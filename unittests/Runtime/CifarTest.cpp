// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The CIFAR reader: both layouts, and every way a file can be wrong.

#include "TestFiles.h"
#include "deit_cifar.h"

#include <gtest/gtest.h>

using namespace deit::test;

namespace {

Bytes records(size_t count, const Bytes &labels) {
  Bytes bytes;
  for (size_t i = 0; i < count; ++i)
    appendRecord(bytes, labels, 10 * i);
  return bytes;
}

/// Opens, reads `reads` records, and returns the first error's sentence.
std::string firstError(const std::string &path, int format, uint32_t classes,
                       int reads = 0) {
  deit_cifar cifar;
  deit_error error = {""};
  uint8_t image[DEIT_CIFAR_IMAGE_BYTES];
  uint32_t label;
  bool fine = deit_cifar_open(&cifar, path.c_str(), format, classes, &error);
  for (int i = 0; fine && i < reads; ++i)
    fine = deit_cifar_read(&cifar, image, &label, &error);
  deit_cifar_close(&cifar);
  EXPECT_EQ(fine, error.text[0] == 0);
  return error.text;
}

int formatOf(const std::string &path, int format, uint32_t classes) {
  deit_cifar cifar;
  deit_error error;
  bool opened = deit_cifar_open(&cifar, path.c_str(), format, classes, &error);
  deit_cifar_close(&cifar);
  return opened ? cifar.format : -1;
}

TEST(Cifar, ReadsPlanesAsPixels) {
  TemporaryFolder folder;
  Bytes bytes = {42};
  for (int channel = 0; channel < 3; ++channel)
    for (int pixel = 0; pixel < 1024; ++pixel)
      bytes.push_back(pixel * 7 + channel * 50);
  std::string path = folder.write("one.bin", bytes);
  deit_cifar cifar;
  deit_error error;
  uint8_t image[DEIT_CIFAR_IMAGE_BYTES];
  uint32_t label;
  ASSERT_TRUE(deit_cifar_open(&cifar, path.c_str(), 0, 100, &error));
  EXPECT_EQ(cifar.count, 1);
  ASSERT_TRUE(deit_cifar_read(&cifar, image, &label, &error)) << error.text;
  deit_cifar_close(&cifar);
  EXPECT_EQ(label, 42u);
  for (int pixel = 0; pixel < 1024; ++pixel)
    for (int channel = 0; channel < 3; ++channel)
      ASSERT_EQ(image[pixel * 3 + channel],
                static_cast<uint8_t>(pixel * 7 + channel * 50));
}

TEST(Cifar, FineLabelCounts) {
  TemporaryFolder folder;
  std::string path = folder.write("fine.bin", records(3, {19, 77}));
  deit_cifar cifar;
  deit_error error;
  uint8_t image[DEIT_CIFAR_IMAGE_BYTES];
  uint32_t label;
  ASSERT_TRUE(deit_cifar_open(&cifar, path.c_str(), 0, 100, &error));
  EXPECT_EQ(cifar.format, 100);
  EXPECT_EQ(cifar.count, 3);
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(deit_cifar_read(&cifar, image, &label, &error));
    EXPECT_EQ(label, 77u);
    EXPECT_EQ(image[0], 10 * i);
    EXPECT_EQ(image[3071], 10 * i + 2);
  }
  EXPECT_FALSE(deit_cifar_read(&cifar, image, &label, &error));
  deit_cifar_close(&cifar);
}

TEST(Cifar, Format) {
  TemporaryFolder folder;
  std::string ten = folder.write("10", records(2, {1}));
  std::string hundred = folder.write("100", records(2, {1, 1}));
  std::string both = folder.write("both", Bytes(3073 * 3074));
  EXPECT_EQ(formatOf(ten, 0, 100), 10);
  EXPECT_EQ(formatOf(hundred, 0, 10), 100);
  EXPECT_EQ(formatOf(both, 0, 10), 10);
  EXPECT_EQ(formatOf(both, 0, 100), 100);
  EXPECT_EQ(formatOf(both, 10, 100), 10);
  EXPECT_EQ(formatOf(both, 100, 10), 100);
  EXPECT_EQ(formatOf(ten, 100, 100), -1);
}

TEST(Cifar, Errors) {
  TemporaryFolder folder;
  std::string missing = folder.file("missing.bin");
  EXPECT_EQ(firstError(missing, 0, 100)
                .find("cannot open " + missing + ": No such file or directory"),
            0u);
  EXPECT_EQ(firstError(folder.file("."), 0, 100),
            folder.file(".") + " is not a regular file; give a CIFAR-10 or "
                               "CIFAR-100 file of the binary version");
  std::string empty = folder.write("empty.bin", {});
  EXPECT_EQ(firstError(empty, 0, 100),
            empty + " is empty; is the download complete?");
  std::string cut = folder.write("cut.bin", Bytes(5000));
  EXPECT_EQ(firstError(cut, 0, 100),
            cut + " is 5000 bytes: not a whole number of CIFAR-100 records of "
                  "3074 bytes; is the download complete?");
  EXPECT_EQ(firstError(cut, 0, 10),
            cut + " is 5000 bytes: not a whole number of CIFAR-10 records of "
                  "3073 bytes; is the download complete?");
}

TEST(Cifar, LabelOutOfRange) {
  TemporaryFolder folder;
  Bytes bytes = records(1, {0, 99});
  appendRecord(bytes, {0, 100}, 0);
  std::string path = folder.write("labels.bin", bytes);
  EXPECT_EQ(firstError(path, 0, 101, 2), "");
  EXPECT_EQ(firstError(path, 0, 100, 1), "");
  EXPECT_EQ(firstError(path, 0, 100, 2),
            "record 1 of " + path +
                " has label 100, but the model has 100 classes; are these the "
                "images it was trained for, in CIFAR-100's layout?");
}

TEST(Cifar, FileThatShrinks) {
  TemporaryFolder folder;
  std::string path = folder.write("shrinks.bin", records(200, {1}));
  deit_cifar cifar;
  deit_error error;
  uint8_t image[DEIT_CIFAR_IMAGE_BYTES];
  uint32_t label;
  ASSERT_TRUE(deit_cifar_open(&cifar, path.c_str(), 0, 10, &error));
  std::filesystem::resize_file(path, 3073 * 2 + 5);
  int read = 0;
  while (deit_cifar_read(&cifar, image, &label, &error))
    ++read;
  deit_cifar_close(&cifar);
  EXPECT_EQ(read, 2);
  EXPECT_EQ(error.text, "cannot read record 2 of " + path +
                            ": the file has become shorter");
}

} // namespace
