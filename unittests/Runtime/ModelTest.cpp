// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Loading and running, with a made-up program of three small kernels.

#include "TestContainer.h"
#include "deit_abi.h"
#include "deit_model.h"

#include <gtest/gtest.h>

#include <memory>

using namespace deit::test;

namespace {

using Bytes = std::vector<uint8_t>;

constexpr int64_t kSide = 4, kPixels = kSide * kSide * 3, kClasses = 7;
constexpr int64_t kSumsOffset = 64, kLogitsOffset = 512;
const int64_t kParameters[] = {kPixels, kClasses, kSumsOffset, kLogitsOffset};

/// Brightens the image into the arena.
void brighten(uint8_t *arena, const uint8_t *, const uint8_t *image,
              const int64_t *parameters, int64_t begin, int64_t end) {
  for (int64_t i = begin; i < end; ++i)
    arena[i] = image[i] / 2 + 1;
}

/// One item: the sum of everything the step before made.
void sum(uint8_t *arena, const uint8_t *, const uint8_t *,
         const int64_t *parameters, int64_t begin, int64_t end) {
  int32_t total = 0;
  for (int64_t i = 0; i < parameters[0]; ++i)
    total += arena[i];
  std::memcpy(arena + parameters[2], &total, 4);
}

/// logit = weight * sum + bias.
void classify(uint8_t *arena, const uint8_t *packed, const uint8_t *,
              const int64_t *parameters, int64_t begin, int64_t end) {
  int32_t total, bias;
  std::memcpy(&total, arena + parameters[2], 4);
  for (int64_t i = begin; i < end; ++i) {
    std::memcpy(&bias, packed + 64 + i * 4, 4);
    int32_t logit = static_cast<int8_t>(packed[i]) * total + bias;
    std::memcpy(arena + parameters[3] + i * 4, &logit, 4);
  }
}

/// A peak that is soon reached.
void waste(uint8_t *arena, const uint8_t *, const uint8_t *, const int64_t *,
           int64_t begin, int64_t end) {
  for (int64_t i = begin; i < end; ++i)
    arena[0] = arena[0] * 3 + 1;
}

const deit_step kSteps[] = {
    {brighten, kParameters, kPixels, "stem", "map", 0},
    {sum, kParameters, 1, "sum", "reduce", 0},
    {classify, kParameters, kClasses, "head", "gemm", kClasses}};

const deit_pack kPacks[] = {
    {DEIT_PACK_GEMM, 0, 0, 0, 0, 1, 64, 8, 1, 1, 8, 1, 0}};

} // namespace

namespace {

/// The sample for a CPU with `features`. sum's parameters read 48 bytes, so the
/// sums stand behind the image.
constexpr deit_program_t makeProgram(const char *target, int64_t features) {
  return {DEIT_ABI_VERSION,
          features,
          "sample",
          target,
          /*batch=*/1,
          kSide,
          kSide,
          kClasses,
          /*logit_scale=*/0.25,
          /*arena_bytes=*/1024,
          /*packed_bytes=*/128,
          kLogitsOffset,
          /*logits_stride=*/kClasses * 4,
          /*entry_count=*/2,
          kSteps,
          3,
          kPacks,
          1,
          /*peak=*/waste,
          /*peak_macs=*/5,
          /*container=*/nullptr,
          0,
          /*class_names=*/"dark\nbright",
          /*bilinear=*/1};
}

const deit_program_t kFuture = makeProgram("future", int64_t{1} << 40);
const deit_program_t kTest = makeProgram("test", 0);
const deit_program_t kSlow = makeProgram("slow", 0);

} // namespace

extern "C" const deit_program_t *const deit_programs[] = {&kFuture, &kTest,
                                                          &kSlow, nullptr};

namespace {

const std::vector<int8_t> kWeights = {1, -1, 2, -2, 3, 0, 127};
const std::vector<int32_t> kBias = {0, 5, -5, 100, -100, 42, 1 << 20};

Bytes sampleContainer() {
  return makeContainer({makeEntry(DEIT_ELEMENT_S8, kClasses, 1, kWeights),
                        makeEntry(DEIT_ELEMENT_S32, 1, kClasses, kBias)});
}

struct ModelDeleter {
  void operator()(deit_model *model) const { deit_free(model); }
};
using Model = std::unique_ptr<deit_model, ModelDeleter>;

Model loadSample() {
  Bytes container = sampleContainer();
  deit_model *model = nullptr;
  EXPECT_EQ(deit_load(container.data(), container.size(), &model), DEIT_OK);
  return Model(model); // the container dies here
}

std::vector<int32_t> expectedLogits(const Bytes &image) {
  int32_t total = 0;
  for (uint8_t pixel : image)
    total += pixel / 2 + 1;
  std::vector<int32_t> logits;
  for (int64_t i = 0; i < kClasses; ++i)
    logits.push_back(kWeights[i] * total + kBias[i]);
  return logits;
}

Bytes sampleImage(int seed) {
  Bytes image(kPixels);
  for (size_t i = 0; i < image.size(); ++i)
    image[i] = i * 37 + seed * 11;
  return image;
}

void checkRuns(deit_model *model, int times) {
  for (int i = 0; i < times; ++i) {
    Bytes image = sampleImage(i);
    std::vector<int32_t> logits(kClasses);
    ASSERT_EQ(deit_run(model, image.data(), logits.data()), DEIT_OK);
    ASSERT_EQ(logits, expectedLogits(image));
  }
}

TEST(Model, Describe) {
  const deit_info *info = deit_describe();
  EXPECT_STREQ(info->name, "sample");
  EXPECT_STREQ(info->target, "test");
  EXPECT_EQ(info->image_height, kSide);
  EXPECT_EQ(info->image_width, kSide);
  EXPECT_EQ(info->classes, kClasses);
  EXPECT_EQ(info->logit_scale, 0.25);
  EXPECT_EQ(info->container_bytes, 0u);
  EXPECT_STREQ(info->class_names, "dark\nbright");
  EXPECT_EQ(info->bilinear, 1u);
  EXPECT_STREQ(deit_missing_features(), "");
}

/// The first that runs here, unless told otherwise.
TEST(Model, ChoosesAmongPrograms) {
  EXPECT_STREQ(deit_describe()->targets, "future, test, slow");
  EXPECT_STREQ(deit_describe()->target, "test");
  Model first = loadSample();
  EXPECT_EQ(deit_choose_target("slow"), DEIT_OK);
  EXPECT_STREQ(deit_describe()->target, "slow");
  checkRuns(loadSample().get(), 2);
  checkRuns(first.get(), 2);
  EXPECT_EQ(deit_choose_target("no such"), DEIT_ERROR_ARGUMENT);
  EXPECT_STREQ(deit_describe()->target, "slow");
  EXPECT_EQ(deit_choose_target(nullptr), DEIT_OK);
  EXPECT_STREQ(deit_describe()->target, "test");
}

TEST(Model, RefusesAProgramForAnotherCpu) {
  EXPECT_EQ(deit_choose_target("future"), DEIT_ERROR_CPU);
  EXPECT_STREQ(deit_missing_features(), "a feature unknown to this version");
  Bytes container = sampleContainer();
  deit_model *model = nullptr;
  EXPECT_EQ(deit_load(container.data(), container.size(), &model),
            DEIT_ERROR_CPU);
  EXPECT_EQ(model, nullptr);
  EXPECT_EQ(deit_choose_target(nullptr), DEIT_OK);
  EXPECT_STREQ(deit_missing_features(), "");
}

TEST(Model, StatusTexts) {
  for (int status = 0; status <= 6; ++status)
    EXPECT_STRNE(deit_status_text(static_cast<deit_status>(status)),
                 "an unknown status");
  EXPECT_STREQ(deit_status_text(static_cast<deit_status>(99)),
               "an unknown status");
}

TEST(Model, Runs) { checkRuns(loadSample().get(), 10); }

TEST(Model, ImageAtAnyAddress) {
  Model model = loadSample();
  Bytes image = sampleImage(3), moved = image;
  moved.insert(moved.begin(), 1, 0);
  std::vector<int32_t> logits(kClasses);
  ASSERT_EQ(deit_run(model.get(), moved.data() + 1, logits.data()), DEIT_OK);
  EXPECT_EQ(logits, expectedLogits(image));
}

TEST(Model, Threads) {
  Model model = loadSample();
  for (unsigned threads : {2u, 64u, 1u, 3u}) {
    ASSERT_EQ(deit_set_threads(model.get(), threads), DEIT_OK);
    checkRuns(model.get(), 300);
  }
}

TEST(Model, ThreadArguments) {
  Model model = loadSample();
  EXPECT_EQ(deit_set_threads(nullptr, 1), DEIT_ERROR_ARGUMENT);
  EXPECT_EQ(deit_set_threads(model.get(), 0), DEIT_ERROR_ARGUMENT);
  EXPECT_EQ(deit_set_threads(model.get(), 257), DEIT_ERROR_ARGUMENT);
  checkRuns(model.get(), 1);
}

TEST(Model, OwnParallelFor) {
  Model model = loadSample();
  // Backwards and one by one: order must not matter.
  auto backwards = [](void *user, int64_t items, deit_range range, void *work) {
    *static_cast<int *>(user) += 1;
    while (items-- > 0)
      range(work, items, items + 1);
  };
  int calls = 0;
  deit_set_parallel_for(model.get(), backwards, &calls);
  checkRuns(model.get(), 5);
  EXPECT_EQ(calls, 10); // the step with one item runs on its own
  deit_set_parallel_for(model.get(), nullptr, nullptr);
  checkRuns(model.get(), 5);
  EXPECT_EQ(calls, 10);
}

TEST(Model, Arguments) {
  Model model = loadSample();
  Bytes container = sampleContainer(), image = sampleImage(0);
  int32_t logits[kClasses];
  deit_model *other = nullptr;
  EXPECT_EQ(deit_run(nullptr, image.data(), logits), DEIT_ERROR_ARGUMENT);
  EXPECT_EQ(deit_run(model.get(), nullptr, logits), DEIT_ERROR_ARGUMENT);
  EXPECT_EQ(deit_run(model.get(), image.data(), nullptr), DEIT_ERROR_ARGUMENT);
  EXPECT_EQ(deit_load(container.data(), container.size(), nullptr),
            DEIT_ERROR_ARGUMENT);
  // This program carries no weights of its own.
  EXPECT_EQ(deit_load(nullptr, 0, &other), DEIT_ERROR_ARGUMENT);
  deit_free(nullptr);
  deit_set_parallel_for(nullptr, nullptr, nullptr);
}

TEST(Model, TellsItsSteps) {
  Model model = loadSample();
  EXPECT_EQ(deit_step_count(nullptr), 0);
  ASSERT_EQ(deit_step_count(model.get()), 3);
  deit_step_info info;
  ASSERT_EQ(deit_describe_step(model.get(), 2, &info), DEIT_OK);
  EXPECT_STREQ(info.name, "head");
  EXPECT_STREQ(info.kind, "gemm");
  EXPECT_EQ(info.macs, kClasses);
  EXPECT_EQ(deit_describe_step(model.get(), 3, &info), DEIT_ERROR_ARGUMENT);
  EXPECT_EQ(deit_describe_step(model.get(), -1, &info), DEIT_ERROR_ARGUMENT);
  EXPECT_EQ(deit_describe_step(nullptr, 0, &info), DEIT_ERROR_ARGUMENT);
  EXPECT_EQ(deit_describe_step(model.get(), 0, nullptr), DEIT_ERROR_ARGUMENT);
}

/// Measuring changes no result, and all of the time is some step's.
TEST(Model, MeasuresItsSteps) {
  for (unsigned threads : {1u, 3u}) {
    Model model = loadSample();
    ASSERT_EQ(deit_set_threads(model.get(), threads), DEIT_OK);
    Bytes image = sampleImage(5);
    std::vector<int32_t> logits(kClasses);
    std::vector<int64_t> nanoseconds(3, -1);
    ASSERT_EQ(deit_run_measured(model.get(), image.data(), logits.data(),
                                nanoseconds.data()),
              DEIT_OK);
    EXPECT_EQ(logits, expectedLogits(image));
    for (int64_t each : nanoseconds)
      EXPECT_GE(each, 0);
    EXPECT_GT(deit_measure_peak(model.get()), 0);
    checkRuns(model.get(), 2);
  }
  EXPECT_EQ(deit_measure_peak(nullptr), 0);
  Model model = loadSample();
  Bytes image = sampleImage(0);
  int32_t logits[kClasses];
  EXPECT_EQ(deit_run_measured(model.get(), image.data(), logits, nullptr),
            DEIT_ERROR_ARGUMENT);
}

TEST(Model, WrongContainers) {
  deit_model *model = reinterpret_cast<deit_model *>(1);
  Bytes damaged = sampleContainer();
  damaged.back() ^= 1;
  EXPECT_EQ(deit_load(damaged.data(), damaged.size(), &model),
            DEIT_ERROR_CONTAINER);
  EXPECT_EQ(model, nullptr);
  Bytes shorter =
      makeContainer({makeEntry(DEIT_ELEMENT_S8, kClasses, 1, kWeights)});
  EXPECT_EQ(deit_load(shorter.data(), shorter.size(), &model),
            DEIT_ERROR_CONTAINER);
  Bytes wider = makeContainer(
      {makeEntry(DEIT_ELEMENT_S8, kClasses, 2, std::vector<int8_t>(14)),
       makeEntry(DEIT_ELEMENT_S32, 1, kClasses, kBias)});
  EXPECT_EQ(deit_load(wider.data(), wider.size(), &model),
            DEIT_ERROR_CONTAINER);
}

TEST(Model, ContainerOfAnotherVersion) {
  deit_model *model = nullptr;
  Bytes older = sampleContainer();
  older[7] = '1';
  EXPECT_EQ(deit_load(older.data(), older.size(), &model), DEIT_ERROR_VERSION);
}

/// What opens well and cannot be decoded is found while it is packed.
TEST(Model, UndecodableEntries) {
  deit_model *model = nullptr;
  for (size_t length : {0, 3, 4, 6}) {
    TestEntry weights =
        makeEntry(DEIT_ELEMENT_S8, kClasses, 1, std::vector<int8_t>(length, 7));
    Bytes container = makeContainer(
        {weights, makeEntry(DEIT_ELEMENT_S32, 1, kClasses, kBias)});
    EXPECT_EQ(deit_load(container.data(), container.size(), &model),
              DEIT_ERROR_CONTAINER)
        << length;
    EXPECT_EQ(model, nullptr);
  }
}

} // namespace
