// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Charts that have a column for every module, in the order of execution.

/// All charts by id: {title, draw(report, view)}. What is drawn is {option,
/// height, reading, table {columns, rows}, pick (module paths by column)}.
deit.charts = {};

/// The axis of `modules`: names of blocks where they begin.
deit.moduleAxis = function (view, modules, labelled) {
  var begins = {};
  modules.forEach(function (module, index) {
    var before = modules[index - 1];
    if (module.block === null || module.block === undefined) return;
    if (!before || before.block !== module.block) begins[index] = true;
  });
  return deit.axisStyle(view, {
    type: 'category', line: true, nameLocation: 'middle', nameGap: 26,
    name: !labelled ? '' : (Object.keys(begins).length ? 'block' : 'modules') +
        ', in the order of execution',
    data: modules.map(function (module) { return module.path; }),
    axisLabel: {
      show: labelled, hideOverlap: true, align: 'left',
      interval: function (index) { return !!begins[index]; },
      formatter: function (path, index) { return String(modules[index].block); }
    }
  });
};

/// Dots of `value(module)`, coloured by what kind of module it is. On a
/// logarithmic axis, what is not above 0 has no place.
deit.groupDots = function (view, modules, value, log) {
  return deit.groups.map(function (group) {
    var some = false;
    var data = modules.map(function (module, index) {
      var number = deit.groupOf(module) === group ? value(module) : null;
      if (!deit.isNumber(number) || (log && number <= 0)) return [index, '-'];
      some = true;
      return [index, number];
    });
    return some && deit.dots(view, group.name, group.colour, group.symbol, data);
  }).filter(Boolean);
};

deit.groupLegend = function (modules) {
  return deit.groups.filter(function (group) {
    return modules.some(function (module) {
      return deit.groupOf(module) === group;
    });
  });
};

/// A tooltip over a column of modules: `rows(module)` are its numbers.
deit.moduleTooltip = function (modules, rows) {
  return {
    trigger: 'axis',
    formatter: function (params) {
      var first = [].concat(params)[0];
      var module = modules[first.value[0]];
      return deit.tip(module.path, rows(module));
    }
  };
};

/// A chart of panels {name, log, value(module)} over `modules`, and the table
/// of the same numbers: `columns` {title, format, value(module)}.
deit.moduleChart = function (view, modules, panels, columns) {
  var stacked = panels.map(function (panel, index) {
    var last = index === panels.length - 1;
    return {
      name: panel.name, log: panel.log, height: panel.height || 150,
      below: last ? 48 : 12, xAxis: deit.moduleAxis(view, modules, last),
      min: panel.min, max: panel.max, series: panel.series ||
          deit.groupDots(view, modules, panel.value, panel.log)
    };
  });
  var rows = function (module) {
    return columns.map(function (column) {
      return [column.title, deit.format(column.value(module), column.format)];
    });
  };
  var chart = deit.stack(view, stacked, panels[0].legend ||
                         deit.groupLegend(modules),
                         deit.moduleTooltip(modules, rows));
  chart.pick = modules.map(function (module) { return module.path; });
  chart.table = {
    columns: [{title: 'module', value: function (m) { return m.path; }}]
                 .concat(columns),
    rows: modules
  };
  return chart;
};

/// Shorthand for a column of what lies at `path` in a module.
deit.column = function (title, path, format) {
  return {title: title, format: format,
          value: function (thing) { return deit.at(thing, path); }};
};

deit.spreadChart = function (report, view, part, what) {
  var modules = deit.modulesWith(report, part);
  if (!modules.length) return deit.absent('No module has ' + what + '.');
  var chart = deit.moduleChart(view, modules, [
    {name: 'channel spread (largest range / median range)', log: true,
     value: function (m) { return m[part].channel_spread; }},
    {name: 'kurtosis (3 for a normal distribution)', log: true, height: 120,
     value: function (m) { return m[part].kurtosis; }}
  ], [
    deit.column('channel spread', part + '.channel_spread', 'ratio'),
    deit.column('kurtosis', part + '.kurtosis', 'plain'),
    deit.column('beyond 6 deviations', part + '.outlier_percent', 'share'),
    deit.column('minimum', part + '.minimum', 'plain'),
    deit.column('maximum', part + '.maximum', 'plain'),
    deit.column('deviation', part + '.deviation', 'plain')
  ].concat(part === 'weights' ? [
    deit.column('bits a weight', 'weights.bits', 'bits'),
    deit.column('size', 'weights.bytes', 'bytes')
  ] : []));
  var worst = deit.largest(modules, part + '.channel_spread');
  var middle = deit.median(modules.map(function (m) {
    return m[part].channel_spread;
  }));
  chart.reading = worst ? 'In ' + worst.path + ' the widest channel of the ' +
      what + ' spans ' + deit.significant(worst[part].channel_spread) +
      ' times what the median channel does, in the median module ' +
      deit.significant(middle) + ' times; one range for a whole tensor leaves ' +
      'the narrow channels that many times fewer codes.'
      : 'Each dot is the ' + what + ' of one module.';
  return chart;
};

deit.charts.weights = {
  title: 'Weights, module by module',
  draw: function (report, view) {
    return deit.spreadChart(report, view, 'weights', 'weights');
  }
};

deit.charts.activations = {
  title: 'Activations, module by module',
  draw: function (report, view) {
    return deit.spreadChart(report, view, 'activations', 'activations');
  }
};

/// What is quantized alone, in which colour and symbol.
deit.parts = [
  {name: 'weights', colour: 'blue', symbol: 'circle'},
  {name: 'activations', colour: 'orange', symbol: 'diamond'},
  {name: 'both', colour: 'ink', symbol: 'emptyRect'}
];

deit.sensitivityColumns = function () {
  return [
    deit.column('KL, both', 'sensitivity.both.kl', 'plain'),
    deit.column('KL, weights', 'sensitivity.weights.kl', 'plain'),
    deit.column('KL, activations', 'sensitivity.activations.kl', 'plain'),
    deit.column('agreement, both', 'sensitivity.both.agreement', 'percent'),
    deit.column('SNR at the logits, both', 'sensitivity.both.logits_snr_db',
                'decibel'),
    deit.column('SNR at the module, both', 'sensitivity.both.module_snr_db',
                'decibel')
  ];
};

deit.charts['sensitivity-modules'] = {
  title: 'Each module alone quantized',
  draw: function (report, view) {
    var modules = deit.modulesWith(report, 'sensitivity').filter(function (m) {
      return deit.parts.some(function (part) { return m.sensitivity[part.name]; });
    });
    if (!modules.length)
      return deit.absent('Sensitivity was not measured in this report.');
    var series = deit.parts.map(function (part) {
      return deit.dots(view, part.name, part.colour, part.symbol,
                       modules.map(function (module, index) {
        var kl = deit.at(module, 'sensitivity.' + part.name + '.kl');
        return [index, deit.isNumber(kl) && kl > 0 ? kl : '-'];
      }));
    });
    var chart = deit.moduleChart(view, modules, [
      {name: 'KL divergence of the class probabilities (nats)', log: true,
       height: 230, series: series, legend: deit.parts}
    ], deit.sensitivityColumns());
    chart.reading = deit.sensitivityReading(report, modules);
    return chart;
  }
};

deit.sensitivityReading = function (report, modules) {
  var worst = deit.moduleOf(report, deit.list(report, 'ranking')[0]) ||
      deit.largest(modules, 'sensitivity.both.kl');
  var middle = deit.median(modules.map(function (module) {
    return deit.at(module, 'sensitivity.both.kl');
  }));
  var kl = worst && deit.at(worst, 'sensitivity.both.kl');
  if (!deit.isNumber(kl)) return 'Each column is one module alone quantized.';
  return 'Quantized alone, to 8 bits from minimum to maximum, ' + worst.path +
      ' changes the class probabilities the most (' + deit.significant(kl) +
      ' nats); the median module does by ' + deit.significant(middle) +
      deit.onImages(report, 'sensitivity_images') + '.';
};

deit.charts['float-against-integer'] = {
  title: 'The integer program against float, module by module',
  draw: function (report, view) {
    var modules = deit.modulesWith(report, 'error');
    if (!modules.length)
      return deit.absent('The integer program was not compared in this report.');
    var chart = deit.moduleChart(view, modules, [
      {name: 'signal to noise (dB)', height: 190,
       value: function (m) { return m.error.snr_db; }},
      {name: 'lost in the module itself (dB)', height: 100,
       value: function (m) { return m.error.drop_db; }}
    ], [
      deit.column('signal to noise', 'error.snr_db', 'decibel'),
      deit.column('lost here', 'error.drop_db', 'decibel'),
      deit.column('cosine', 'error.cosine', 'cosine'),
      deit.column('largest error', 'error.largest_error', 'plain')
    ]);
    var worst = deit.smallest(modules, 'error.snr_db');
    var drop = deit.largest(modules, 'error.drop_db');
    chart.reading = !worst ? 'No module differs from float.' :
        'The integer program is farthest from float at ' + worst.path + ' (' +
        deit.format(worst.error.snr_db, 'decibel') + ')' + (drop ?
        ', and loses most in one step in ' + drop.path + ' (' +
        deit.format(drop.error.drop_db, 'decibel') + ').' : '.');
    return chart;
  }
};

deit.charts.recipe = {
  title: 'What the recipe gives each module',
  draw: function (report, view) {
    var modules = deit.modulesWith(report, 'recipe.weight_bits');
    if (!modules.length)
      return deit.absent('The recipe sets no module\'s bits in this report.');
    var chart = deit.moduleChart(view, modules, [
      {name: 'bits a weight', height: 120, min: 0,
       value: function (m) { return m.recipe.weight_bits; }},
      {name: 'stored size (kB)', height: 120, min: 0, value: function (m) {
        return deit.isNumber(m.recipe.bytes) ? m.recipe.bytes / 1e3 : null;
      }}
    ], [
      deit.column('bits a weight', 'recipe.weight_bits', 'bits'),
      deit.column('stored', 'recipe.bytes', 'bytes'),
      deit.column('range by', 'recipe.range_method'),
      deit.column('from', 'recipe.low', 'plain'),
      deit.column('to', 'recipe.high', 'plain'),
      deit.column('balance', 'recipe.balance'),
      deit.column('bits of the stream', 'recipe.residual_bits')
    ]);
    var total = modules.reduce(function (sum, module) {
      return sum + (module.recipe.bytes || 0);
    }, 0);
    var largest = deit.largest(modules, 'recipe.bytes');
    chart.reading = !largest ? 'Bits a weight of each layer.' :
        'The largest of these ' + modules.length + ' modules, ' + largest.path +
        ', takes ' + deit.bytes(largest.recipe.bytes) + ' of their ' +
        deit.bytes(total) + '.';
    return chart;
  }
};

deit.charts.depth = {
  title: 'Errors along the residual stream',
  draw: function (report, view) {
    var steps = deit.list(report, 'depth');
    if (!steps.length)
      return deit.absent('The residual stream was not measured in this report.');
    var line = function (name, colour, symbol, key) {
      return {
        type: 'line', name: name, symbol: symbol, symbolSize: 7,
        color: view.theme[colour], cursor: 'default', data:
          steps.map(function (step, index) {
            return [index, deit.isNumber(step[key]) ? step[key] : '-'];
          }),
        lineStyle: {width: 2}, emphasis: {disabled: !!view.still}
      };
    };
    var chart = deit.moduleChart(view, steps, [{
      name: 'signal to noise (dB)', height: 230,
      series: [line('naive', 'orange', 'diamond', 'naive_snr_db'),
               line('w8a8', 'blue', 'circle', 'w8a8_snr_db')],
      legend: [{name: 'naive', symbol: 'diamond'},
               {name: 'w8a8', symbol: 'circle'}]
    }], [
      deit.column('naive', 'naive_snr_db', 'decibel'),
      deit.column('w8a8', 'w8a8_snr_db', 'decibel')
    ]);
    chart.pick = null;
    var last = steps[steps.length - 1];
    chart.reading = 'With everything quantized, the stream arrives at ' +
        last.path + ' with ' + deit.format(last.naive_snr_db, 'decibel') +
        ' naively and ' + deit.format(last.w8a8_snr_db, 'decibel') +
        ' as w8a8; every 6 dB are one bit.';
    return chart;
  }
};
