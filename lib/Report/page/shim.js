// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What ECharts expects of its surroundings and Duktape does not have. Pictures
// stand still, so nothing is ever due later.

var console = {
  log: function () {}, warn: function () {}, error: function () {}
};
var setTimeout = function () { return 0; };
var clearTimeout = function () {};
