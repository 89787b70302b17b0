// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Histograms, channel ranges, and what codes of 8 bits make of them.

/// A histogram's bins as [low, high, percent of its values, count].
deit.bins = function (histogram) {
  var total = histogram.counts.reduce(function (sum, count) {
    return sum + count;
  }, 0);
  var width = (histogram.high - histogram.low) / histogram.counts.length;
  return histogram.counts.map(function (count, index) {
    var low = histogram.low + index * width;
    return [low, low + width, total ? 100 * count / total : 0, count];
  });
};

/// The axis of shares: down to the decade below the smallest one, in steps of
/// whole decades that end at 100 %.
deit.shareAxis = function (lists, height) {
  var smallest = 100;
  lists.forEach(function (bins) {
    bins.forEach(function (bin) {
      if (bin[2] > 0) smallest = Math.min(smallest, bin[2]);
    });
  });
  var decades = 2 - Math.floor(Math.log(smallest) / Math.LN10 + 1e-9);
  var step = Math.ceil(decades / (height > 120 ? 5 : 3));
  decades = step * Math.ceil(decades / step);
  return {min: Number('1e' + (2 - decades)), interval: step};
};

/// Bars of bins on a logarithmic axis that ends at `floor`. `outline` bars are
/// drawn by their edge alone, so that two histograms can be seen at once.
deit.binSeries = function (view, name, colour, bins, floor, outline) {
  var full = bins.filter(function (bin) { return bin[2] > 0; });
  return {
    type: 'custom', name: name, data: full, cursor: 'default',
    color: view.theme[colour], encode: {x: [0, 1], y: 2},
    itemStyle: {color: view.theme[colour]},
    renderItem: function (params, api) {
      var begin = api.coord([api.value(0), Math.max(api.value(2), floor)]);
      var end = api.coord([api.value(1), floor]);
      var wide = Math.max(end[0] - begin[0] - (outline ? 0 : 0.5), 1);
      return {
        type: 'rect',
        shape: {x: begin[0], y: begin[1], width: wide,
                height: Math.max(end[1] - begin[1], 0.5)},
        style: {fill: view.theme[colour], opacity: outline ? 0.55 : 0.85}
      };
    }
  };
};

deit.binTip = function (params) {
  var bin = params.value;
  if (params.seriesType !== 'custom') return '';
  return deit.tip(params.seriesName, [
    ['from', deit.significant(bin[0])], ['to', deit.significant(bin[1])],
    ['values', deit.format(bin[3], 'count')],
    ['share', deit.format(bin[2], 'share')]
  ]);
};

/// Dashed lines at the values `marks`, in the panel of `series`.
deit.marks = function (view, series, marks) {
  series.markLine = {
    symbol: 'none', silent: true, animation: false,
    lineStyle: {color: view.theme.ink, type: 'dashed', width: 1},
    label: {show: false},
    data: marks.map(function (mark) { return {xAxis: mark}; })
  };
  return series;
};

/// A panel of histograms: `entries` {name, colour, histogram, outline}.
deit.histogramPanel = function (view, entries, height, axisName, marks) {
  var lists = entries.map(function (entry) { return deit.bins(entry.histogram); });
  var axis = deit.shareAxis(lists, height), floor = axis.min;
  var series = entries.map(function (entry, index) {
    return deit.binSeries(view, entry.name, entry.colour, lists[index], floor,
                          entry.outline);
  });
  if (marks) deit.marks(view, series[0], marks);
  var ends = {min: Infinity, max: -Infinity};
  entries.forEach(function (entry) {
    ends.min = Math.min(ends.min, entry.histogram.low);
    ends.max = Math.max(ends.max, entry.histogram.high);
  });
  (marks || []).forEach(function (mark) {
    ends.min = Math.min(ends.min, mark);
    ends.max = Math.max(ends.max, mark);
  });
  // A tensor of one value has a histogram of no width.
  if (ends.min === ends.max) { ends.min -= 1; ends.max += 1; }
  ends.axisLabel = {formatter: deit.tick, hideOverlap: true, showMinLabel: false,
                    showMaxLabel: false};
  return {
    name: 'share of values (%, logarithmic)', log: true, height: height,
    min: floor, max: 100, interval: axis.interval, series: series,
    xAxis: deit.horizontalAxis(view, axisName, ends)
  };
};

deit.distributionTable = function (entries) {
  var rows = [
    ['values', 'count', 'count'], ['minimum', 'minimum'],
    ['maximum', 'maximum'], ['mean', 'mean'], ['deviation', 'deviation'],
    ['kurtosis', 'kurtosis'], ['beyond 6 deviations', 'outlier_percent', 'share'],
    ['channel spread', 'channel_spread', 'ratio']
  ];
  return {
    columns: [{title: '', value: function (row) { return row[0]; }}].concat(
        entries.map(function (entry) {
          return {title: entry.name, value: function (row) {
            return deit.format(deit.at(entry.values, row[1]), row[2]);
          }};
        })),
    rows: rows
  };
};

/// The distributions of a module's results: as they are, and balanced.
deit.activationEntries = function (module) {
  var entries = [{name: 'as in the float model', colour: 'orange',
                  symbol: 'diamond', values: module.activations}];
  if (module.activations.balanced)
    entries.push({name: 'balanced', colour: 'blue', symbol: 'circle',
                  values: module.activations.balanced, outline: true});
  return entries;
};

/// A chart of the histograms of `entries`, and of `weighted`, a histogram in
/// which values count by what they matter, if there is one.
deit.histogramChart = function (view, entries, axisName, marks, weighted) {
  entries.forEach(function (entry) { entry.histogram = entry.values.histogram; });
  var panel = deit.histogramPanel(view, entries, 180, axisName, marks);
  var legend = entries;
  if (weighted) {
    panel.series.push(deit.weightedLine(view, weighted, panel.min));
    legend = entries.concat([{name: 'weighted by gradients', symbol: 'roundRect'}]);
  }
  var chart = deit.stack(view, [panel], legend, {formatter: deit.binTip});
  chart.table = deit.distributionTable(entries);
  return chart;
};

deit.weightedLine = function (view, histogram, floor) {
  return {
    type: 'line', name: 'weighted by gradients', symbol: 'none', silent: true,
    color: view.theme.ink, lineStyle: {width: 1.5, color: view.theme.ink},
    data: deit.bins(histogram).map(function (bin) {
      return [(bin[0] + bin[1]) / 2, bin[2] > floor ? bin[2] : '-'];
    })
  };
};

deit.charts['module-weights'] = {
  title: 'Its weights',
  draw: function (report, view) {
    var module = deit.moduleOf(report, view.module);
    if (!module || !module.weights)
      return deit.absent('This module has no weights.');
    var weights = module.weights;
    var chart = deit.histogramChart(view, [
      {name: 'weights', colour: 'blue', values: weights}
    ], 'value of a weight');
    chart.reading = deit.format(weights.count, 'count') + ' weights of ' +
        module.path + ' from ' + deit.significant(weights.minimum) + ' to ' +
        deit.significant(weights.maximum) + '; the farthest is ' +
        deit.farthest(weights) + ' deviations from the mean.';
    return chart;
  }
};

deit.farthest = function (values) {
  var far = Math.max(values.maximum - values.mean, values.mean - values.minimum);
  return values.deviation > 0 ? deit.significant(far / values.deviation) : '0';
};

deit.charts['module-activations'] = {
  title: 'Its results',
  draw: function (report, view) {
    var module = deit.moduleOf(report, view.module);
    if (!module || !module.activations)
      return deit.absent('This module\'s results were not measured.');
    var values = module.activations, codes = module.codes;
    var chart = deit.histogramChart(view, deit.activationEntries(module),
                                    'value of an activation',
                                    deit.codeMarks(module),
                                    deit.at(values, 'fisher.histogram'));
    chart.reading = 'The results of ' + module.path + ' lie from ' +
        deit.significant(values.minimum) + ' to ' +
        deit.significant(values.maximum) + ', up to ' + deit.farthest(values) +
        ' deviations from the mean' + (codes ? '; codes cover ' +
        deit.format(codes.low) + ' to ' + deit.format(codes.high) +
        (deit.codeMarks(module) ? ' (dashed)' : '') + ', ' +
        deit.format(codes.clipped_percent, 'share') + ' are clipped' : '') + '.';
    return chart;
  }
};

/// A band from each channel's minimum to its maximum.
deit.band = function (view, entry) {
  var low = entry.values.channels.minimum, high = entry.values.channels.maximum;
  var rows = low.map(function (minimum, index) {
    return [index, minimum, high[index]];
  });
  return {
    type: 'custom', name: entry.name, data: rows, cursor: 'default',
    color: view.theme[entry.colour], encode: {x: 0, y: [1, 2]},
    itemStyle: {color: view.theme[entry.colour]},
    renderItem: function (params, api) {
      var top = api.coord([api.value(0), api.value(2)]);
      var bottom = api.coord([api.value(0), api.value(1)]);
      var wide = Math.max(api.size([1, 0])[0], 0.7);
      return {
        type: 'rect',
        shape: {x: top[0] - wide / 2, y: top[1], width: wide,
                height: Math.max(bottom[1] - top[1], 0.7)},
        style: {fill: view.theme[entry.colour], opacity: 0.8}
      };
    }
  };
};

deit.channelChart = function (view, module, entries, what) {
  var kept = entries.filter(function (entry) {
    return entry.values.channels && entry.values.channels.minimum.length;
  });
  if (!kept.length)
    return deit.absent('Channels of this module were not measured.');
  var count = kept[0].values.channels.minimum.length;
  var panels = kept.map(function (entry, index) {
    var last = index === kept.length - 1;
    return {
      name: 'range of each channel' + (kept.length > 1 ? ', ' + entry.name : ''),
      height: 130, below: last ? 48 : 26, series: [deit.band(view, entry)],
      xAxis: deit.horizontalAxis(view, last ? 'channel' : '',
                                 {min: 0, max: Math.max(count - 1, 1),
                                  splitNumber: 6})
    };
  });
  // Channels are too narrow to hit; the nearest to the pointer is meant.
  var chart = deit.stack(view, panels, [], {
    trigger: 'axis', formatter: function (params) {
      var one = [].concat(params)[0];
      return deit.tip('channel ' + one.value[0] + ', ' + one.seriesName, [
        ['minimum', deit.significant(one.value[1])],
        ['maximum', deit.significant(one.value[2])]
      ]);
    }
  });
  chart.option.tooltip.axisPointer = {type: 'line', snap: true};
  delete chart.option.axisPointer;
  chart.reading = deit.channelReading(module, kept, what);
  chart.table = {columns: [
    {title: what, value: function (entry) { return entry.name; }},
    {title: 'channels', format: 'count', value: function (entry) {
      return entry.values.channels.minimum.length;
    }},
    deit.column('channel spread', 'values.channel_spread', 'ratio'),
    {title: 'widest channel', value: function (entry) {
      return String(deit.widest(entry.values.channels));
    }}
  ], rows: kept};
  return chart;
};

/// The number of the channel with the largest range.
deit.widest = function (channels) {
  var best = 0;
  channels.minimum.forEach(function (minimum, index) {
    var range = channels.maximum[index] - minimum;
    if (range > channels.maximum[best] - channels.minimum[best]) best = index;
  });
  return best;
};

deit.channelReading = function (module, entries, what) {
  var first = entries[0].values, last = entries[entries.length - 1].values;
  var text = 'Channel ' + deit.widest(first.channels) + ' of the ' + what +
      ' of ' + module.path + ' is the widest, ' +
      deit.format(first.channel_spread, 'ratio') + ' the median';
  if (entries.length > 1)
    text += ', and ' + deit.format(last.channel_spread, 'ratio') +
        ' after balancing';
  return text + '.';
};

deit.charts['module-weight-channels'] = {
  title: 'Its weights, channel by channel',
  draw: function (report, view) {
    var module = deit.moduleOf(report, view.module);
    if (!module || !module.weights)
      return deit.absent('This module has no weights.');
    return deit.channelChart(view, module, [
      {name: 'weights', colour: 'blue', values: module.weights}
    ], 'weights');
  }
};

deit.charts.channels = {
  title: 'Its results, channel by channel',
  draw: function (report, view) {
    var module = deit.moduleOf(report, view.module);
    if (!module || !module.activations)
      return deit.absent('This module\'s results were not measured.');
    return deit.channelChart(view, module, deit.activationEntries(module),
                             'results');
  }
};

deit.charts.balancing = {
  title: 'What balancing does to layer norms',
  draw: function (report, view) {
    var modules = deit.modulesWith(report, 'activations.balanced');
    if (!modules.length)
      return deit.absent('Nothing was balanced in this report.');
    var dots = function (name, colour, symbol, path) {
      return deit.dots(view, name, colour, symbol,
                       modules.map(function (module, index) {
        var spread = deit.at(module, path);
        return [index, spread > 0 ? spread : '-'];
      }));
    };
    var series = [
      dots('before', 'orange', 'emptyDiamond', 'activations.channel_spread'),
      dots('after', 'blue', 'circle', 'activations.balanced.channel_spread')
    ];
    var chart = deit.moduleChart(view, modules, [{
      name: 'channel spread (largest range / median range)', log: true,
      height: 190, series: series, legend: [
        {name: 'before', symbol: 'emptyDiamond'}, {name: 'after', symbol: 'circle'}
      ]
    }], [
      deit.column('before', 'activations.channel_spread', 'ratio'),
      deit.column('after', 'activations.balanced.channel_spread', 'ratio'),
      deit.column('kurtosis before', 'activations.kurtosis', 'plain'),
      deit.column('kurtosis after', 'activations.balanced.kurtosis', 'plain')
    ]);
    var worst = deit.largest(modules, 'activations.channel_spread');
    chart.reading = 'Balancing brings the channel spread of ' + worst.path +
        ' from ' + deit.format(worst.activations.channel_spread, 'ratio') +
        ' to ' + deit.format(worst.activations.balanced.channel_spread, 'ratio') +
        '.';
    return chart;
  }
};

/// What comes into the module at `path`: the module executed before it.
deit.before = function (report, path) {
  var index = report.modules.map(function (module) {
    return module.path;
  }).indexOf(path);
  return index > 0 ? report.modules[index - 1] : null;
};

/// The chart of a kind of nonlinearity: histograms of what comes into the picked
/// module and of its result, and for all of its kind which part of the codes is
/// all but unused.
deit.nonlinearChart = function (report, view, kind, key) {
  var modules = deit.modulesWith(report, 'activations').filter(function (m) {
    return m.kind === kind;
  });
  if (!modules.length)
    return deit.absent('This model has no ' + deit.kindName(kind) + '.');
  var worst = deit.largest(modules, 'codes.dead_percent') ||
      deit.largest(modules, 'activations.kurtosis') || modules[0];
  var picked = deit.moduleOf(report, view[key]) || worst;
  var panels = [deit.before(report, picked.path), picked].filter(function (m) {
    return m && m.activations;
  }).map(function (module) { return deit.resultPanel(view, module, picked); });
  if (worst.codes) panels.push(deit.deadPanel(view, modules, picked));
  var chart = deit.stack(view, panels, [], {formatter: function (params) {
    if (params.seriesType === 'custom') return deit.binTip(params);
    return deit.deadTip(modules[params.value[0]]);
  }});
  chart.choice = {key: key, value: picked.path,
                  paths: modules.map(function (m) { return m.path; })};
  chart.table = {columns: deit.deadColumns(), rows: modules};
  chart.reading = deit.deadReading(worst);
  return chart;
};

/// A panel of the results of `module`, the picked one or what comes into it.
deit.resultPanel = function (view, module, picked) {
  var panel = deit.histogramPanel(view, [
    {name: 'result of ' + module.path,
     colour: module === picked ? 'orange' : 'blue',
     histogram: module.activations.histogram}
  ], 130, 'value of the result of ' + module.path, deit.codeMarks(module));
  panel.below = 54;
  return panel;
};

/// The lowest and the highest value that codes stand for, null if unknown.
deit.codeMarks = function (module) {
  var codes = module.codes;
  return codes && deit.isNumber(codes.low) && deit.isNumber(codes.high) ?
      [codes.low, codes.high] : null;
};

deit.deadColumns = function () {
  return [
    {title: 'module', value: function (module) { return module.path; }},
    deit.column('codes used', 'codes.used', 'count'),
    deit.column('of', 'codes.of', 'count'),
    deit.column('all but unused', 'codes.dead_percent', 'share'),
    deit.column('clipped', 'codes.clipped_percent', 'share'),
    deit.column('range by', 'codes.method')
  ];
};

deit.deadTip = function (module) {
  return deit.tip(module.path, deit.deadColumns().slice(1).map(function (column) {
    return [column.title, deit.format(column.value(module), column.format)];
  }));
};

deit.deadPanel = function (view, modules, picked) {
  return {
    name: 'codes all but unused (%)', height: 90, min: 0, max: 100, interval: 50,
    xAxis: deit.moduleAxis(view, modules, true),
    series: [{
      type: 'bar', name: 'codes all but unused', cursor: 'pointer', barMaxWidth: 40,
      color: view.theme.sky, data: modules.map(function (module, index) {
        var dead = deit.at(module, 'codes.dead_percent');
        return {
          value: [index, deit.isNumber(dead) ? dead : '-'],
          itemStyle: {color: module === picked ? view.theme.orange
                                               : view.theme.sky}
        };
      })
    }]
  };
};

deit.deadReading = function (worst) {
  if (!worst.codes) return deit.lowestReading(worst);
  return 'Worst in ' + worst.path + ': of its ' +
      deit.format(worst.codes.of, 'count') + ' codes ' +
      deit.format(worst.codes.dead_percent, 'share') + ' are all but unused.';
};

/// Without codes of its own, how a module's results crowd at their lower end.
deit.lowestReading = function (module) {
  var bins = deit.bins(module.activations.histogram);
  return 'In ' + module.path + ', ' + deit.format(bins[0][2], 'share') +
      ' of the results are below ' + deit.significant(bins[0][1]) +
      ', the lowest 1/' + bins.length + ' of their range.';
};

deit.charts.gelu = {
  title: 'GELU and its codes',
  draw: function (report, view) {
    return deit.nonlinearChart(report, view, 'gelu', 'gelu');
  }
};

deit.charts.softmax = {
  title: 'Softmax and its codes',
  draw: function (report, view) {
    return deit.nonlinearChart(report, view, 'probabilities', 'softmax');
  }
};
