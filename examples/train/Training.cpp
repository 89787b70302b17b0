// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Trains a DeiT and measures it.

#include "Training.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <tuple>

namespace functional = torch::nn::functional;

namespace deit::examples {
namespace {

double secondsSince(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start)
      .count();
}

torch::optim::AdamW makeOptimizer(VisionTransformer &model,
                                  const TrainingOptions &options) {
  std::vector<torch::Tensor> matrices, vectors;
  for (const auto &parameter : model->named_parameters()) {
    bool isWeight = parameter.value().dim() > 1 &&
                    parameter.key() != "pos_embed" &&
                    parameter.key() != "cls_token";
    (isWeight ? matrices : vectors).push_back(parameter.value());
  }
  using torch::optim::AdamWOptions;
  auto withDecay = [&](double decay) {
    return std::make_unique<AdamWOptions>(AdamWOptions(options.learningRate)
                                              .betas({0.9, 0.98})
                                              .weight_decay(decay));
  };
  std::vector<torch::optim::OptimizerParamGroup> groups;
  groups.emplace_back(matrices, withDecay(options.weightDecay));
  groups.emplace_back(vectors, withDecay(0));
  return torch::optim::AdamW(groups, AdamWOptions(options.learningRate));
}

/// `progress` runs from 0 to 1 over the training.
double learningRateAt(double progress, double peak) {
  constexpr double warmup = 0.05, pi = 3.14159265358979323846;
  if (progress < warmup)
    return peak * progress / warmup;
  double angle = pi * (progress - warmup) / (1 - warmup);
  return peak * (1 + std::cos(angle)) / 2;
}

void setLearningRate(torch::optim::Optimizer &optimizer, double rate) {
  for (auto &group : optimizer.param_groups())
    group.options().set_lr(rate);
}

/// One step down the gradient; returns the loss before it.
double step(VisionTransformer &model, torch::optim::Optimizer &optimizer,
            const torch::Tensor &images, const torch::Tensor &labels) {
  optimizer.zero_grad();
  torch::Tensor loss = functional::cross_entropy(model(images), labels);
  loss.backward();
  torch::nn::utils::clip_grad_norm_(model->parameters(), 1.0);
  optimizer.step();
  return loss.item<double>();
}

/// Starts the patch embedding with the principal components of the pictures'
/// patches, scaled to unit variance: fine detail is then as loud as the colour
/// of the whole patch, which would otherwise drown it for thousands of steps.
void whitenPatches(VisionTransformer &model, const Dataset &dataset) {
  torch::NoGradGuard noGrad;
  auto &proj = model->patch_embed->proj;
  int64_t patch = proj->weight.size(2), width = proj->weight.size(0);
  torch::Tensor few =
      torch::arange(std::min<int64_t>(dataset.size(), 500), torch::kInt64);
  torch::Tensor patches =
      functional::unfold(dataset.images(few),
                         functional::UnfoldFuncOptions(patch).stride(patch))
          .transpose(1, 2)
          .flatten(0, 1);
  torch::Tensor mean = patches.mean(0);
  torch::Tensor centred = patches - mean;
  torch::Tensor variances, directions;
  std::tie(variances, directions) = torch::linalg_eigh(
      torch::mm(centred.t(), centred) / centred.size(0), "L");
  // Ascending: the last are the largest. The floor keeps noise from growing.
  torch::Tensor rows =
      (directions / (variances.clamp_min(0) + 0.1).sqrt()).slice(1, -width).t();
  proj->weight.copy_(rows.reshape(proj->weight.sizes()));
  proj->bias.copy_(-torch::mv(rows, mean));
}

} // namespace

void train(VisionTransformer &model, const Dataset &trainSet,
           const Dataset &testSet, const TrainingOptions &options) {
  whitenPatches(model, trainSet);
  torch::optim::AdamW optimizer = makeOptimizer(model, options);
  int64_t steps = std::max<int64_t>(trainSet.size() / options.batch, 1);
  double recent = 0; // the loss, averaged over about fifty steps
  auto start = std::chrono::steady_clock::now();
  for (int64_t epoch = 0; epoch < options.epochs; ++epoch) {
    model->train();
    torch::Tensor order = torch::randperm(trainSet.size(), torch::kInt64);
    for (int64_t i = 0; i < steps; ++i) {
      torch::Tensor batch =
          order.slice(0, i * options.batch, (i + 1) * options.batch);
      double progress = (epoch * steps + i + 1.0) / (options.epochs * steps);
      setLearningRate(optimizer,
                      learningRateAt(progress, options.learningRate));
      double loss = step(model, optimizer, trainSet.images(batch),
                         trainSet.labels(batch));
      recent += (loss - recent) * std::max(0.02, 1.0 / (epoch * steps + i + 1));
      std::fprintf(stderr, "\repoch %lld/%lld  step %lld/%lld  loss %.3f ",
                   (long long)epoch + 1, (long long)options.epochs,
                   (long long)i + 1, (long long)steps, recent);
    }
    std::fprintf(stderr, " test %.2f %%  %.0f s\n", accuracy(model, testSet),
                 secondsSince(start));
  }
}

double accuracy(VisionTransformer &model, const Dataset &dataset) {
  torch::NoGradGuard noGrad;
  model->eval();
  constexpr int64_t batch = 100;
  int64_t correct = 0;
  for (int64_t first = 0; first < dataset.size(); first += batch) {
    torch::Tensor indices = torch::arange(
        first, std::min(first + batch, dataset.size()), torch::kInt64);
    torch::Tensor guess = model(dataset.images(indices)).argmax(1);
    correct += (guess == dataset.labels(indices)).sum().item<int64_t>();
  }
  return 100.0 * correct / dataset.size();
}

} // namespace deit::examples
