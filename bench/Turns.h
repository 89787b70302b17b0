// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// How a program takes its turn among others that are measured with it.

#ifndef DEIT_BENCH_TURNS_H
#define DEIT_BENCH_TURNS_H

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>

namespace deit::bench {

/// Ends the program with `message` as its one error.
[[noreturn]] inline void fail(const std::string &message) {
  std::fprintf(stderr, "error: %s\n", message.c_str());
  std::exit(1);
}

/// The value of `text`, a whole number of at least 1; the program ends if it is
/// none. `what` names it in the error.
inline int64_t positive(const char *text, const char *what) {
  char *end;
  long long value = std::strtoll(text, &end, 10);
  if (*end || value < 1)
    fail(std::string(what) + " takes a whole number from 1 on, not '" + text +
         "'");
  return value;
}

/// Milliseconds that `run` takes.
template <typename Run>
double timeOf(Run run) {
  auto begin = std::chrono::steady_clock::now();
  run();
  std::chrono::duration<double, std::milli> passed =
      std::chrono::steady_clock::now() - begin;
  return passed.count();
}

/// Says on standard output that everything is loaded: one line of JSON,
/// `facts`, the members of an object. Then, for each number that comes on
/// standard input, calls `run` once to warm up and that many times more, and
/// answers with a line of JSON: "ms", what each of these calls returned,
/// milliseconds, and "peak", what `peak` returned before them. Returns at the
/// end of the input; the program sleeps while others have their turn.
template <typename Run, typename Peak>
void takeTurns(const std::string &facts, Run run, Peak peak) {
  std::printf("{%s}\n", facts.c_str());
  std::fflush(stdout);
  for (int count; std::scanf("%d", &count) == 1;) {
    std::printf("{\"peak\": %.9g, \"ms\": [", peak());
    run();
    for (int i = 0; i < count; ++i)
      std::printf("%s%.9g", i ? ", " : "", run());
    std::printf("]}\n");
    std::fflush(stdout);
  }
}

} // namespace deit::bench

#endif // DEIT_BENCH_TURNS_H
