// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Whole evaluations with a made-up classifier.

#include "TestFiles.h"
#include "deit_evaluate.h"
#include "deit_sha256.h"

#include <gtest/gtest.h>

#include <cstring>

using namespace deit::test;

namespace {

/// Ranks class (first pixel) / 2 first, and the classes behind it next.
struct Classifier {
  uint32_t classes = 10;
  unsigned calls = 0, largestBatch = 0;
  bool fails = false;
  std::vector<int32_t> all; ///< every logit so far

  static const char *infer(void *self, const uint8_t *images, unsigned count,
                           void *logits) {
    auto *classifier = static_cast<Classifier *>(self);
    classifier->calls += 1;
    classifier->largestBatch = std::max(classifier->largestBatch, count);
    if (classifier->fails && classifier->calls == 2)
      return "the plug was pulled";
    auto *out = static_cast<int32_t *>(logits);
    for (unsigned image = 0; image < count; ++image)
      for (uint32_t c = 0; c < classifier->classes; ++c) {
        uint32_t first = images[image * 32 * 32 * 3] / 2;
        uint32_t distance =
            (c + classifier->classes - first) % classifier->classes;
        int32_t logit = -static_cast<int32_t>(distance);
        classifier->all.push_back(logit);
        *out++ = logit;
      }
    return nullptr;
  }
};

deit_backend makeBackend(Classifier &classifier, unsigned batch = 1) {
  deit_backend backend = {};
  backend.name = "a \"model\"";
  backend.target = "test";
  backend.image_height = backend.image_width = 32;
  backend.classes = classifier.classes;
  backend.model_bytes = 21000000;
  backend.threads = 3;
  backend.batch = batch;
  backend.load_ms = 1.5;
  backend.self = &classifier;
  backend.infer = Classifier::infer;
  return backend;
}

/// 20 images: 17 are right, 2 more in the top five, one is not.
std::string writeImages(const TemporaryFolder &folder) {
  Bytes bytes;
  for (uint8_t i = 0; i < 20; ++i) {
    uint8_t label = i % 10;
    uint8_t miss = i == 4 ? 9 : i == 5 ? 6 : i == 6 ? 5 : 0;
    appendRecord(bytes, {label}, 2 * ((label + miss) % 10));
  }
  return folder.write("images.bin", bytes);
}

std::string hashOf(const std::string &text) {
  deit_sha256 hash;
  char digest[65];
  deit_sha256_begin(&hash);
  deit_sha256_add(&hash, text.data(), text.size());
  deit_sha256_end(&hash, digest);
  return digest;
}

bool contains(const std::string &text, const std::string &part) {
  return text.find(part) != std::string::npos;
}

struct Outcome {
  int code;
  std::string out, err;
};

Outcome run(const deit_evaluate_options &options, const deit_backend &backend) {
  testing::internal::CaptureStdout();
  testing::internal::CaptureStderr();
  int code = deit_evaluate("deit-eval", &options, &backend);
  std::string out = testing::internal::GetCapturedStdout();
  return {code, out, testing::internal::GetCapturedStderr()};
}

TEST(Evaluate, TableJsonAndLogits) {
  for (unsigned batch : {1u, 7u, 64u}) {
    TemporaryFolder folder;
    std::string data = writeImages(folder), json = folder.file("r.json"),
                logits = folder.file("l.bin");
    Classifier classifier;
    deit_evaluate_options options = {};
    options.data = data.c_str();
    options.json = json.c_str();
    options.logits = logits.c_str();
    Outcome outcome = run(options, makeBackend(classifier, batch));
    EXPECT_EQ(outcome.code, 0) << outcome.err;
    EXPECT_EQ(outcome.err, "");
    EXPECT_TRUE(contains(outcome.out, "top-1          85.00 %\n"));
    EXPECT_TRUE(contains(outcome.out, "top-5          95.00 %\n"));
    EXPECT_TRUE(contains(outcome.out, "stored size    21.000 MB\n"));
    EXPECT_TRUE(contains(outcome.out, "course score   22\n"));
    EXPECT_EQ(classifier.calls, (20 + batch - 1) / batch);
    EXPECT_EQ(classifier.largestBatch, std::min(batch, 20u));
    std::string raw(reinterpret_cast<char *>(classifier.all.data()),
                    classifier.all.size() * 4);
    EXPECT_EQ(readText(logits), raw);
    std::string text = readText(json);
    for (const char *line :
         {"\"model\": \"a \\\"model\\\"\",", "\"target\": \"test\",",
          "\"threads\": 3,", "\"images\": 20,", "\"top1\": 85,",
          "\"top5\": 95,", "\"model_bytes\": 21000000,", "\"code_bytes\": 0,",
          "\"score\": 22,", "\"load_ms\": 1.5,", "\"latency_ms\": {",
          "\"resize_ms\": {"})
      EXPECT_TRUE(contains(text, line)) << line << "\n" << text;
    EXPECT_TRUE(
        contains(text, "\"logits_sha256\": \"" + hashOf(raw) + "\"\n}\n"));
    EXPECT_EQ(folder.count(), 3u);
  }
}

TEST(Evaluate, Limit) {
  TemporaryFolder folder;
  std::string data = writeImages(folder);
  deit_evaluate_options options = {};
  options.data = data.c_str();
  for (int64_t limit : {1, 4, 20, 21, 1000000}) {
    Classifier classifier;
    options.limit = limit;
    Outcome outcome = run(options, makeBackend(classifier, 3));
    EXPECT_EQ(outcome.code, 0);
    int64_t images = std::min<int64_t>(limit, 20);
    EXPECT_TRUE(
        contains(outcome.out,
                 "images         " + std::to_string(images) + ", 3 at once\n"));
    EXPECT_EQ(classifier.all.size(), static_cast<size_t>(images) * 10);
  }
}

TEST(Evaluate, JsonOnStandardOutputIsAlone) {
  TemporaryFolder folder;
  std::string data = writeImages(folder);
  Classifier classifier;
  deit_evaluate_options options = {};
  options.data = data.c_str();
  options.json = "-";
  Outcome outcome = run(options, makeBackend(classifier));
  EXPECT_EQ(outcome.code, 0);
  EXPECT_EQ(outcome.out.front(), '{');
  EXPECT_EQ(outcome.out.substr(outcome.out.size() - 3), "\n}\n");
  EXPECT_FALSE(contains(outcome.out, "course score"));
}

TEST(Evaluate, FloatLogitsAndNoContainer) {
  TemporaryFolder folder;
  std::string data = writeImages(folder);
  Classifier classifier;
  deit_backend backend = makeBackend(classifier);
  backend.is_float = 1;
  backend.model_bytes = 0;
  backend.infer = [](void *, const uint8_t *, unsigned, void *logits) {
    std::fill_n(static_cast<float *>(logits), 10, 0.5f);
    return static_cast<const char *>(nullptr);
  };
  deit_evaluate_options options = {};
  options.data = data.c_str();
  options.json = "-";
  Outcome outcome = run(options, backend);
  EXPECT_TRUE(contains(outcome.out, "\"top1\": 10,")); // class 0 wins ties
  EXPECT_TRUE(contains(outcome.out, "\"top5\": 50,"));
  EXPECT_TRUE(contains(outcome.out, "\"score\": null,"));
  EXPECT_TRUE(contains(outcome.out, "\"logits_sha256\": null\n"));
}

TEST(Evaluate, QuietSaysNothing) {
  TemporaryFolder folder;
  std::string data = writeImages(folder);
  Classifier classifier;
  classifier.classes = 100; // a warning otherwise
  deit_evaluate_options options = {};
  options.data = data.c_str();
  Outcome outcome = run(options, makeBackend(classifier));
  EXPECT_EQ(outcome.err, "deit-eval: warning: the images are CIFAR-10's, but "
                         "the model has 100 classes\n");
  options.quiet = 1;
  outcome = run(options, makeBackend(classifier));
  EXPECT_EQ(outcome.code, 0);
  EXPECT_EQ(outcome.out + outcome.err, "");
}

void expectFailure(const deit_evaluate_options &options,
                   const deit_backend &backend, const std::string &message) {
  Outcome outcome = run(options, backend);
  EXPECT_EQ(outcome.code, 1);
  EXPECT_EQ(outcome.out, "");
  EXPECT_EQ(outcome.err, "deit-eval: error: " + message + "\n");
}

TEST(Evaluate, FailuresLeaveNoFiles) {
  TemporaryFolder folder;
  std::string data = writeImages(folder), json = folder.file("r.json"),
              logits = folder.file("l.bin");
  Classifier classifier;
  classifier.fails = true;
  deit_evaluate_options options = {};
  expectFailure(options, makeBackend(classifier),
                "there are no images to evaluate; pass --data FILE, a CIFAR-10 "
                "or CIFAR-100 file of the binary version, or --image FILE, a "
                "picture to classify");
  options.data = data.c_str();
  options.json = json.c_str();
  options.logits = logits.c_str();
  expectFailure(options, makeBackend(classifier),
                "cannot run a \"model\" on image 1: the plug was pulled");
  options.logits = options.json;
  expectFailure(options, makeBackend(classifier),
                "--json and --logits both name " + json + "; give two files");
  EXPECT_EQ(folder.count(), 1u);
}

TEST(Evaluate, FullDisks) {
  TemporaryFolder folder;
  std::string data = writeImages(folder);
  Classifier classifier;
  const std::string full =
      "cannot write /dev/full: No space left on device; free some space or "
      "name another place";
  deit_evaluate_options options = {};
  options.data = data.c_str();
  options.json = "/dev/full";
  expectFailure(options, makeBackend(classifier), full);
  options.json = nullptr;
  options.logits = "/dev/full";
  expectFailure(options, makeBackend(classifier), full);
}

TEST(Evaluate, WrongPlaceIsFoundBeforeTheWork) {
  TemporaryFolder folder;
  std::string data = writeImages(folder), json = folder.file("no/r.json");
  Classifier classifier;
  deit_evaluate_options options = {};
  options.data = data.c_str();
  options.json = json.c_str();
  expectFailure(options, makeBackend(classifier),
                "cannot write " + json + ": No such file or directory");
  EXPECT_EQ(classifier.calls, 0u);
}

} // namespace
