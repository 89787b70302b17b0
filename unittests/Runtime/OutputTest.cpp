// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Result files appear whole or not at all.

#include "TestFiles.h"
#include "deit_output.h"

#include <gtest/gtest.h>

#include <sys/stat.h>

using namespace deit::test;

namespace {

TEST(Output, AppearsOnCommitOnly) {
  TemporaryFolder folder;
  std::string path = folder.file("result");
  deit_output output;
  deit_error error;
  ASSERT_TRUE(deit_output_open(&output, path.c_str(), &error)) << error.text;
  ASSERT_TRUE(deit_output_write(&output, "whole", 5, &error));
  EXPECT_FALSE(std::filesystem::exists(path));
  ASSERT_TRUE(deit_output_commit(&output, &error)) << error.text;
  EXPECT_EQ(readText(path), "whole");
  EXPECT_EQ(folder.count(), 1u);
}

TEST(Output, ReplacesOnCommitOnly) {
  TemporaryFolder folder;
  std::string path = folder.write("result", {'o', 'l', 'd'});
  deit_output output;
  deit_error error;
  ASSERT_TRUE(deit_output_open(&output, path.c_str(), &error));
  deit_output_abandon(&output);
  EXPECT_EQ(readText(path), "old");
  EXPECT_EQ(folder.count(), 1u);
  deit_output_abandon(&output); // once more does nothing
}

TEST(Output, LinkStaysALink) {
  TemporaryFolder folder;
  std::string path = folder.write("target", {'o', 'l', 'd'});
  std::filesystem::create_symlink(path, folder.file("link"));
  deit_output output;
  deit_error error;
  ASSERT_TRUE(deit_output_open(&output, folder.file("link").c_str(), &error));
  ASSERT_TRUE(deit_output_commit(&output, &error));
  EXPECT_TRUE(std::filesystem::is_symlink(folder.file("link")));
  EXPECT_EQ(readText(path), "");
}

TEST(Output, FullDisk) {
  deit_output output;
  deit_error error;
  ASSERT_TRUE(deit_output_open(&output, "/dev/full", &error)) << error.text;
  fputs("lost", output.file);
  EXPECT_FALSE(deit_output_commit(&output, &error));
  EXPECT_STREQ(error.text, "cannot write /dev/full: No space left on device; "
                           "free some space or name another place");
  struct stat status;
  ASSERT_EQ(stat("/dev/full", &status), 0);
  EXPECT_TRUE(S_ISCHR(status.st_mode)) << "the device was replaced";
}

TEST(Output, FullDiskWhileWriting) {
  deit_output output;
  deit_error error;
  ASSERT_TRUE(deit_output_open(&output, "/dev/full", &error));
  std::vector<char> much(1 << 20);
  EXPECT_FALSE(deit_output_write(&output, much.data(), much.size(), &error));
  EXPECT_EQ(std::string(error.text).find("cannot write /dev/full: No space"),
            0u);
  EXPECT_FALSE(output.file);
}

TEST(Output, ImpossiblePlaces) {
  TemporaryFolder folder;
  deit_output output;
  deit_error error;
  std::string path = folder.file("no/such/folder");
  EXPECT_FALSE(deit_output_open(&output, path.c_str(), &error));
  EXPECT_EQ(error.text, "cannot write " + path + ": No such file or directory");
  EXPECT_FALSE(deit_output_open(&output, folder.file("").c_str(), &error));
  EXPECT_NE(std::string(error.text).find("Is a directory"), std::string::npos);
}

} // namespace
