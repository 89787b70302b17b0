// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Ranges for quantized activations out of their histograms.
