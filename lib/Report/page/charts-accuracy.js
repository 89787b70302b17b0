// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Charts of whole models: kinds of modules, what confirms the ranking, the steps
// of the recipe, and what fewer bits cost.


/// The three columns that every measured model has.
deit.accuracyColumns = function () {
  return [
    deit.column('top-1', 'top1', 'percent'),
    deit.column('agreement', 'agreement', 'percent'),
    deit.column('KL (nats)', 'kl', 'plain')
  ];
};

deit.tipOf = function (title, thing, columns) {
  return deit.tip(title, columns.map(function (column) {
    return [column.title, deit.format(column.value(thing), column.format)];
  }));
};

/// How wide the names beside lying bars are.
deit.nameWidth = function (view, names) {
  var longest = Math.max.apply(null, names.map(function (name) {
    return name.length;
  }));
  return Math.min(longest * 6.4 + 18, view.width < 500 ? 118 : 230);
};

/// Which colours the parts have as bars.
deit.partColours = {weights: 'blue', activations: 'orange', both: 'grey'};

deit.kindBars = function (view, kinds, axis) {
  return {
    height: 34 * kinds.length, left: axis.left, below: 54,
    yAxis: deit.nameAxis(view, axis.names, axis.left),
    xAxis: deit.horizontalAxis(view, 'images whose class changes (%)',
                               {min: 0, split: true}),
    series: deit.parts.map(function (part) {
      return {
        type: 'bar', name: part.name, barGap: '10%', barCategoryGap: '28%',
        color: view.theme[deit.partColours[part.name]], cursor: 'default',
        data: kinds.map(function (kind, index) {
          var agreement = deit.at(kind, part.name + '.agreement');
          return [deit.isNumber(agreement) ? 100 - agreement : '-', index];
        })
      };
    })
  };
};

deit.kindDots = function (view, kinds, axis) {
  return {
    height: 20 * kinds.length, left: axis.left, below: 54,
    yAxis: deit.nameAxis(view, axis.names, axis.left),
    xAxis: deit.horizontalAxis(view, 'KL divergence (nats, logarithmic)',
                               {type: 'log', split: true}),
    series: deit.parts.map(function (part) {
      return deit.dots(view, part.name, deit.partColours[part.name], part.symbol,
                       kinds.map(function (kind, index) {
        var kl = deit.at(kind, part.name + '.kl');
        return [kl > 0 ? kl : '-', index];
      }), {symbolSize: 9});
    })
  };
};

deit.charts['sensitivity-kinds'] = {
  title: 'All modules of a kind quantized',
  draw: function (report, view) {
    var kinds = deit.list(report, 'kinds');
    if (!kinds.length)
      return deit.absent('Kinds of modules were not measured in this report.');
    var names = kinds.map(function (kind) { return deit.kindName(kind.kind); });
    var axis = {names: names, left: deit.nameWidth(view, names)};
    var chart = deit.stack(view, [
      deit.kindDots(view, kinds, axis), deit.kindBars(view, kinds, axis)
    ], deit.parts, {formatter: function (params) {
      var kind = kinds[params.value[1]];
      return deit.tipOf(deit.kindName(kind.kind) + ', ' + params.seriesName,
                        kind[params.seriesName] || {}, deit.kindColumns());
    }});
    chart.reading = deit.kindsReading(report, kinds);
    chart.table = {columns: [
      {title: 'kind', value: function (kind) { return deit.kindName(kind.kind); }},
      deit.column('modules', 'modules', 'count')
    ].concat(deit.parts.reduce(function (columns, part) {
      return columns.concat([
        deit.column('agreement, ' + part.name, part.name + '.agreement', 'percent'),
        deit.column('KL, ' + part.name, part.name + '.kl', 'plain')
      ]);
    }, [])), rows: kinds};
    return chart;
  }
};

deit.kindColumns = function () {
  return [
    deit.column('agreement', 'agreement', 'percent'),
    deit.column('top-1', 'top1', 'percent'),
    deit.column('KL (nats)', 'kl', 'plain'),
    deit.column('SNR at the logits', 'logits_snr_db', 'decibel')
  ];
};

/// ", on 256 images", if the report says how many.
deit.onImages = function (report, key) {
  var images = deit.at(report, 'evaluation.' + key);
  return deit.isNumber(images) ? ', on ' + deit.fixed(images, 0) + ' images' : '';
};

deit.kindsReading = function (report, kinds) {
  var worst = deit.largest(kinds, 'both.kl');
  if (!worst) return 'Each row is one kind of module quantized.';
  return 'Of all kinds, quantizing “' + deit.kindName(worst.kind) + '” (modules: ' +
      deit.format(worst.modules, 'count') + ') and nothing else changes the ' +
      'class probabilities the most, by ' + deit.significant(worst.both.kl) +
      ' nats, and the class of ' +
      deit.format(100 - worst.both.agreement, 'share') + ' of the images' +
      deit.onImages(report, 'group_images') + '.';
};

/// Where an axis of the percentages `values` ends, a little beyond them and never
/// beyond 100, and the step between its labels.
deit.percentEnds = function (values) {
  values = values.filter(deit.isNumber);
  if (!values.length) return {min: 0, max: 100, interval: 20};
  var low = Math.min.apply(null, values), high = Math.max.apply(null, values);
  var room = Math.max(0.04 * (high - low), 0.4);
  var step = [0.2, 0.5, 1, 2, 5, 10].filter(function (step) {
    return (high - low + 2 * room) / step <= 5;
  })[0] || 20;
  return {min: Math.max(0, step * Math.floor((low - room) / step)),
          max: Math.min(100, step * Math.ceil((high + room) / step)),
          interval: step};
};

/// A panel of dots in rows: `rows` {name, points: [number], colour, symbol}.
deit.stripPanel = function (view, rows, axisName, left, isPercent) {
  var values = rows.reduce(function (all, row) {
    return all.concat(row.points.map(function (point) { return point.value; }));
  }, []);
  var ends = isPercent ? deit.percentEnds(values) : {min: 0};
  ends.split = true;
  return {
    height: 26 * rows.length + 10, left: left, below: 54,
    yAxis: deit.nameAxis(view, rows.map(function (row) { return row.name; }), left),
    xAxis: deit.horizontalAxis(view, axisName, ends),
    series: rows.map(function (row, index) {
      return deit.dots(view, row.name, row.colour, row.symbol,
                       row.points.map(function (point) {
        return [deit.isNumber(point.value) ? point.value : '-', index, point.tip];
      }), {symbolSize: 10});
    })
  };
};

deit.measures = {
  top1: 'top-1 accuracy (%)', agreement: 'images of the float model\'s class (%)',
  kl: 'KL divergence (nats)'
};

/// Rows of dots, a panel for each of `measures`.
deit.measureStrips = function (view, rows, measures) {
  var left = deit.nameWidth(view, rows.map(function (row) { return row.name; }));
  var columns = deit.accuracyColumns();
  var panels = measures.map(function (key) {
    return deit.stripPanel(view, rows.map(function (row) {
      return {
        name: row.name, colour: row.colour, symbol: row.symbol,
        points: row.things.map(function (thing) {
          return {value: thing[key], tip: deit.tipOf(row.name, thing, columns)};
        })
      };
    }), deit.measures[key], left, key !== 'kl');
  });
  return deit.stack(view, panels, [], {
    formatter: function (params) { return params.value[2]; }
  });
};

deit.charts.confirmation = {
  title: 'Does the ranking hold?',
  draw: function (report, view) {
    var measured = report.confirmation;
    if (!measured)
      return deit.absent('The ranking was not put to the test in this report.');
    var rows = [
      {name: 'all quantized', colour: 'orange', symbol: 'diamond',
       things: [measured.all_quantized]},
      {name: 'five at random in float', colour: 'grey', symbol: 'emptyCircle',
       things: measured.random_five_float},
      {name: 'worst five in float', colour: 'blue', symbol: 'circle',
       things: [measured.top_five_float]}
    ];
    // Top-1 is of fewer images than the float model's, so not to be compared.
    var chart = deit.measureStrips(view, rows, ['agreement', 'kl']);
    chart.table = {columns: [
      {title: 'kept in float', value: function (row) { return row.name; }}
    ].concat(deit.accuracyColumns()), rows: deit.confirmationRows(rows)};
    chart.reading = deit.confirmationReading(report, measured);
    return chart;
  }
};

deit.confirmationRows = function (rows) {
  return rows.reduce(function (all, row) {
    return all.concat(row.things.map(function (thing) {
      return {name: row.name, top1: thing.top1, agreement: thing.agreement,
              kl: thing.kl};
    }));
  }, []);
};

deit.confirmationReading = function (report, measured) {
  var random = deit.median(measured.random_five_float.map(function (set) {
    return set.agreement;
  }));
  return 'With the worst five modules of the ranking in float and all others ' +
      'naively quantized, ' + deit.format(measured.top_five_float.agreement,
      'percent') + ' of the images keep their class, with five at random ' +
      deit.format(random, 'percent') + ' (median), with none ' +
      deit.format(measured.all_quantized.agreement, 'percent') +
      deit.onImages(report, 'group_images') + '.';
};

deit.charts.ablation = {
  title: 'What each step of the recipe gains',
  draw: function (report, view) {
    var steps = deit.list(report, 'ablation');
    if (!steps.length)
      return deit.absent('The recipe\'s steps were not measured in this report.');
    var rows = steps.map(function (step, index) {
      return {name: step.step, colour: index ? 'blue' : 'orange',
              symbol: index ? 'circle' : 'diamond', things: [step]};
    });
    rows.push({name: 'float', colour: 'ink', symbol: 'rect',
               things: [{top1: report.float.top1, agreement: 100, kl: 0}]});
    var chart = deit.measureStrips(view, rows, ['top1', 'agreement']);
    chart.table = {columns: [
      {title: 'step', value: function (step) { return step.step; }},
      {title: 'what it adds', value: function (step) { return step.what; }}
    ].concat(deit.accuracyColumns(), [deit.column('size', 'bytes', 'bytes')]),
                   rows: steps};
    chart.reading = deit.ablationReading(steps);
    return chart;
  }
};

deit.ablationReading = function (steps) {
  var best = null, gain = -Infinity;
  steps.forEach(function (step, index) {
    var before = steps[index - 1];
    if (!before || !(step.agreement - before.agreement > gain)) return;
    best = step;
    gain = step.agreement - before.agreement;
  });
  if (!best) return 'Each row adds one thing to the row above.';
  return 'Each row adds one thing to the row above; most is gained by “' +
      best.step + '”, ' + deit.significant(gain) + ' points of agreement.';
};

/// Kinds of models on the frontier: colour, symbol and whether a line joins them.
deit.frontierKinds = [
  {kind: 'float', name: 'float', colour: 'ink', symbol: 'rect'},
  {kind: 'naive', name: 'naive', colour: 'orange', symbol: 'diamond'},
  {kind: 'w8a8', name: 'w8a8', colour: 'blue', symbol: 'circle'},
  {kind: 'rate', name: 'fewer bits, error feedback', colour: 'green',
   symbol: 'triangle', line: true},
  {kind: 'groups', name: 'fewer bits, rounded in groups', colour: 'pink',
   symbol: 'emptyCircle', line: true}
];

deit.frontierSeries = function (view, points, style, key) {
  var data = points.filter(function (point) {
    return point.kind === style.kind && deit.isNumber(point[key]) &&
        point.bits_per_parameter > 0;
  }).sort(function (a, b) {
    return a.bits_per_parameter - b.bits_per_parameter;
  }).map(function (point) {
    return [point.bits_per_parameter, point[key], points.indexOf(point)];
  });
  var series = deit.dots(view, style.name, style.colour, style.symbol, data,
                         {symbolSize: 10});
  if (!style.line) return series;
  series.type = 'line';
  series.lineStyle = {width: 2, color: view.theme[style.colour]};
  if (style.symbol !== deit.solid(style.symbol))
    series.itemStyle.color = view.theme.paper;
  return series;
};

deit.charts.frontier = {
  title: 'Accuracy against size',
  draw: function (report, view) {
    var points = deit.list(report, 'frontier');
    if (!points.length)
      return deit.absent('The frontier was not measured in this report.');
    var kinds = deit.frontierKinds.filter(function (style) {
      return points.some(function (point) { return point.kind === style.kind; });
    });
    var columns = [
      deit.column('bits a parameter', 'bits_per_parameter', 'bits'),
      deit.column('size', 'bytes', 'bytes'),
      deit.column('top-1', 'top1', 'percent'),
      deit.column('agreement', 'agreement', 'percent')
    ];
    var panel = function (key, name, last) {
      var ends = deit.percentEnds(points.map(function (point) {
        return point[key];
      }));
      return {
        name: name, height: 170, below: last ? 48 : 22, min: ends.min,
        max: ends.max, interval: ends.interval,
        series: kinds.map(function (style) {
          return deit.frontierSeries(view, points, style, key);
        }),
        xAxis: deit.horizontalAxis(view, last ? 'stored bits a parameter ' +
          '(logarithmic)' : '', {type: 'log', logBase: 2, split: true})
      };
    };
    var chart = deit.stack(view, [
      panel('top1', deit.measures.top1, false),
      panel('agreement', deit.measures.agreement, true)
    ], kinds, {formatter: function (params) {
      var point = points[params.value[2]];
      return deit.tipOf(point.name, point, columns);
    }});
    deit.frontierEnds(chart.option, points);
    chart.table = {columns: [
      {title: 'model', value: function (point) { return point.name; }}
    ].concat(columns), rows: points};
    chart.reading = deit.frontierReading(report, points);
    return chart;
  }
};

/// Both panels' axes end at powers of two around all points.
deit.frontierEnds = function (option, points) {
  var bits = points.map(function (point) { return point.bits_per_parameter; })
      .filter(function (value) { return value > 0; });
  if (!bits.length) return;
  var log = function (value) { return Math.log(value) / Math.LN2; };
  var low = Math.floor(log(Math.min.apply(null, bits)) - 0.01);
  var high = Math.ceil(log(Math.max.apply(null, bits)) + 0.01);
  option.xAxis.forEach(function (axis) {
    axis.min = Math.pow(2, low);
    axis.max = Math.pow(2, high);
  });
};

deit.frontierReading = function (report, points) {
  var top = report.float.top1;
  var near = points.filter(function (point) {
    return point.kind !== 'float' && deit.isNumber(point.top1) &&
        point.top1 >= top - 1 && point.bits_per_parameter > 0;
  });
  var smallest = deit.smallest(near, 'bits_per_parameter');
  if (!smallest)
    return 'No smaller model here keeps its accuracy within one point of ' +
        'float\'s ' + deit.format(top, 'percent') + '.';
  return 'The smallest model within one point of float\'s ' +
      deit.format(top, 'percent') + ' is ' + smallest.name + ': ' +
      deit.format(smallest.bits_per_parameter, 'bits') + ' a parameter, ' +
      deit.format(smallest.bytes, 'bytes') + ', ' +
      deit.format(smallest.top1, 'percent') + '.';
};
