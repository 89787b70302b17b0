// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Numbers and names as a reader sees them, and look-ups in a report.
//
// This file and the others that a browser and the tool share are ECMAScript 5:
// the tool runs them in Duktape.

var deit = {};

/// What stands where a report has null.
deit.nothing = '–';

deit.isNumber = function (value) {
  return typeof value === 'number' && isFinite(value);
};

/// `value` with `digits` decimals and commas between thousands.
deit.fixed = function (value, digits) {
  var parts = Math.abs(value).toFixed(digits).split('.');
  parts[0] = parts[0].replace(/\B(?=(\d{3})+$)/g, ',');
  var text = parts.join('.');
  return value < 0 && /[1-9]/.test(text) ? '-' + text : text;
};

/// `value` with three significant digits.
deit.significant = function (value) {
  var size = Math.abs(value);
  if (size === 0) return '0';
  if (size >= 1e6 || size < 1e-3)
    return value.toExponential(2).replace('e+', 'e');
  if (size >= 100) return deit.fixed(value, 0);
  return deit.fixed(value, size >= 10 ? 1 : size >= 1 ? 2 : size >= 0.1 ? 3 : 4);
};

deit.bytes = function (value) {
  if (value >= 1e9) return deit.fixed(value / 1e9, 2) + ' GB';
  if (value >= 1e6) return deit.fixed(value / 1e6, 3) + ' MB';
  if (value >= 1e3) return deit.fixed(value / 1e3, 1) + ' kB';
  return deit.fixed(value, 0) + ' B';
};

deit.duration = function (value) {
  if (value < 120) return deit.significant(value) + ' s';
  return deit.fixed(value / 60, 1) + ' min';
};

/// How a number of each kind is written, its unit with it.
deit.formats = {
  percent: function (value) { return deit.fixed(value, 2) + ' %'; },
  share: function (value) { return deit.significant(value) + ' %'; },
  decibel: function (value) { return deit.fixed(value, 1) + ' dB'; },
  count: function (value) { return deit.fixed(value, 0); },
  bits: function (value) { return deit.fixed(value, 2) + ' bits'; },
  ratio: function (value) { return deit.significant(value) + '×'; },
  plain: function (value) { return deit.significant(value); },
  cosine: function (value) { return deit.fixed(value, 5); },
  bytes: deit.bytes,
  seconds: deit.duration
};

/// `value` in the format named; texts stay what they are.
deit.format = function (value, format) {
  if (value === null || value === undefined || value === '') return deit.nothing;
  if (typeof value !== 'number') return String(value);
  return deit.isNumber(value) ? deit.formats[format || 'plain'](value)
                              : deit.nothing;
};

/// Does `column` of a table hold numbers?
deit.isNumeric = function (column, rows) {
  return !!column.format || rows.some(function (row) {
    return typeof column.value(row) === 'number';
  });
};

deit.escape = function (text) {
  return String(text).replace(/[&<>"']/g, function (letter) {
    return '&#' + letter.charCodeAt(0) + ';';
  });
};

/// The median of the numbers in `values`, null of none.
deit.median = function (values) {
  var sorted = values.filter(deit.isNumber).sort(function (a, b) {
    return a - b;
  });
  if (!sorted.length) return null;
  var middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle]
                           : (sorted[middle - 1] + sorted[middle]) / 2;
};

/// What `path`, such as "blocks.3.mlp.fc1", is reached by in `thing`: the value
/// at "a.b.c", undefined where anything on the way is missing.
deit.at = function (thing, path) {
  return path.split('.').reduce(function (inner, name) {
    return inner === null || inner === undefined ? undefined : inner[name];
  }, thing);
};

/// The element of `list` with the largest number at `path`, null if none has one.
deit.largest = function (list, path) {
  return list.reduce(function (best, element) {
    var value = deit.at(element, path);
    if (!deit.isNumber(value)) return best;
    return best && deit.at(best, path) >= value ? best : element;
  }, null);
};

deit.smallest = function (list, path) {
  return list.reduce(function (best, element) {
    var value = deit.at(element, path);
    if (!deit.isNumber(value)) return best;
    return best && deit.at(best, path) <= value ? best : element;
  }, null);
};

/// The list at `name` of the report, empty where it was not measured.
deit.list = function (report, name) {
  return report[name] || [];
};

deit.moduleOf = function (report, path) {
  return report.modules.filter(function (module) {
    return module.path === path;
  })[0] || null;
};

/// Modules that have something at `path`, in the order of execution.
deit.modulesWith = function (report, path) {
  return report.modules.filter(function (module) {
    var value = deit.at(module, path);
    return value !== null && value !== undefined;
  });
};
