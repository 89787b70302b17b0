// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Charts that put the model beside others.

deit.variants = [
  {key: 'naive_weights_only', name: 'weights only, naive'},
  {key: 'naive_activations_only', name: 'activations only, naive'},
  {key: 'naive', name: 'naive'},
  {key: 'per_channel', name: 'one scale a channel'}
];

/// Colours and symbols of models, the report's own first.
deit.modelStyles = [
  {colour: 'blue', symbol: 'circle'}, {colour: 'orange', symbol: 'diamond'},
  {colour: 'green', symbol: 'triangle'}, {colour: 'pink', symbol: 'rect'},
  {colour: 'yellow', symbol: 'circle'}, {colour: 'grey', symbol: 'diamond'}
];

deit.modelStyle = function (index) {
  return deit.modelStyles[index % deit.modelStyles.length];
};

/// Bars of what rounding costs every model, `cost(measured)`.
deit.costBars = function (view, models, cost, name, left) {
  return {
    height: 17 * deit.variants.length * Math.max(models.length, 2), left: left,
    below: 54, yAxis: deit.nameAxis(view, deit.variants.map(function (variant) {
      return variant.name;
    }), left),
    xAxis: deit.horizontalAxis(view, name, {min: 0, split: true}),
    series: models.map(function (entry, index) {
      return {
        type: 'bar', name: entry.model.name, cursor: 'default', barGap: '10%',
        barCategoryGap: '28%', barMinHeight: 1,
        color: view.theme[deit.modelStyle(index).colour],
        data: deit.variants.map(function (variant, row) {
          var value = entry[variant.key] ? cost(entry[variant.key]) : null;
          return [deit.isNumber(value) ? value : '-', row, index];
        })
      };
    })
  };
};

deit.charts.comparison = {
  title: 'What rounding costs each model',
  draw: function (report, view) {
    var models = deit.list(report, 'comparison');
    if (models.length < 2)
      return deit.absent('No other model was measured; --against adds one.');
    var left = deit.nameWidth(view, deit.variants.map(function (variant) {
      return variant.name;
    }));
    var chart = deit.stack(view, [
      deit.costBars(view, models, function (measured) {
        return deit.isNumber(measured.agreement) ? 100 - measured.agreement : null;
      }, 'images whose class changes (%)', left),
      deit.costBars(view, models, function (measured) {
        return measured.kl;
      }, deit.measures.kl, left)
    ], models.map(function (entry) { return {name: entry.model.name}; }),
      {formatter: function (params) {
        var variant = deit.variants[params.value[1]];
        return deit.tipOf(params.seriesName + ', ' + variant.name,
                          models[params.value[2]][variant.key] || {},
                          deit.accuracyColumns());
      }});
    chart.table = deit.comparisonTable(models);
    chart.reading = deit.comparisonReading(models);
    return chart;
  }
};

deit.comparisonTable = function (models) {
  var rows = models.reduce(function (all, entry) {
    return all.concat(deit.variants.filter(function (variant) {
      return entry[variant.key];
    }).map(function (variant) {
      var measured = entry[variant.key];
      return {model: entry.model.name, name: variant.name, top1: measured.top1,
              agreement: measured.agreement, kl: measured.kl};
    }));
  }, []);
  return {columns: [deit.column('model', 'model'), deit.column('weights and ' +
    'activations', 'name')].concat(deit.accuracyColumns()), rows: rows};
};

deit.comparisonReading = function (models) {
  return 'Naively quantized, ' + models.map(function (entry) {
    var naive = entry.naive;
    return entry.model.name + ' keeps the class of ' +
        deit.format(naive && naive.agreement, 'percent') + ' of its images';
  }).join(', ') + '.';
};

deit.charts['comparison-spread'] = {
  title: 'Channel spreads of all modules',
  draw: function (report, view) {
    var models = deit.list(report, 'comparison');
    if (models.length < 2)
      return deit.absent('No other model was measured; --against adds one.');
    var names = models.map(function (entry) { return entry.model.name; });
    var left = deit.nameWidth(view, names);
    var panel = function (key, name) {
      return {
        height: 40 * models.length, left: left, below: 54,
        yAxis: deit.nameAxis(view, names, left),
        xAxis: deit.horizontalAxis(view, name, {type: 'log', split: true}),
        series: models.map(function (entry, index) {
          var style = deit.modelStyle(index);
          var data = deit.list(entry, 'modules').filter(function (module) {
            return module[key] > 0;
          }).map(function (module) { return [module[key], index, module]; });
          return deit.dots(view, names[index], style.colour, style.symbol, data,
                           {itemStyle: {color: view.theme[style.colour],
                                        opacity: 0.55}});
        })
      };
    };
    var columns = [
      deit.column('channel spread', 'channel_spread', 'ratio'),
      deit.column('kurtosis', 'kurtosis', 'plain'),
      deit.column('beyond 6 deviations', 'outlier_percent', 'share')
    ];
    var chart = deit.stack(view, [
      panel('channel_spread', 'channel spread of results (logarithmic)'),
      panel('kurtosis', 'kurtosis of results (logarithmic)')
    ], [], {formatter: function (params) {
      return deit.tipOf(params.value[2].path, params.value[2], columns);
    }});
    chart.table = deit.summaryTable(models);
    chart.reading = deit.spreadReading(models);
    return chart;
  }
};

deit.summaryRows = [
  ['channel spread of weights, median', 'weight_channel_spread_median', 'ratio'],
  ['kurtosis of weights, median', 'weight_kurtosis_median'],
  ['channel spread of results, median', 'activation_channel_spread_median',
   'ratio'],
  ['channel spread of results, worst', 'activation_channel_spread_worst', 'ratio'],
  ['kurtosis of results, median', 'activation_kurtosis_median'],
  ['kurtosis of results, worst', 'activation_kurtosis_worst'],
  ['beyond 6 deviations, worst', 'outlier_percent_worst', 'share'],
  ['codes all but unused, median', 'dead_percent_median', 'share']
];

/// A row for each measure, a column for each model.
deit.summaryTable = function (models) {
  return {
    columns: [{title: '', value: function (row) { return row[0]; }}].concat(
        models.map(function (entry) {
          return {title: entry.model.name, value: function (row) {
            return deit.format(deit.at(entry, 'summary.' + row[1]), row[2]);
          }};
        })),
    rows: deit.summaryRows
  };
};

deit.spreadReading = function (models) {
  return 'Each dot is the result of one module. The worst channel spread is ' +
      models.map(function (entry) {
        return deit.format(deit.at(entry,
            'summary.activation_channel_spread_worst'), 'ratio') + ' in ' +
            entry.model.name;
      }).join(', ') + '.';
};

/// The nonlinearities of all models that have a histogram.
deit.nonlinearities = function (report) {
  return deit.list(report, 'comparison').reduce(function (all, entry, index) {
    return all.concat(deit.list(entry, 'nonlinearities').filter(function (one) {
      return one.histogram;
    }).map(function (one) {
      return {model: entry.model.name, index: index, one: one, kind: one.kind,
              path: one.path, dead_percent: one.dead_percent, used: one.used};
    }));
  }, []);
};

deit.charts['comparison-nonlinearities'] = {
  title: 'What nonlinearities leave of 256 codes',
  draw: function (report, view) {
    var all = deit.nonlinearities(report);
    if (!all.length)
      return deit.absent('Nonlinearities were not compared in this report.');
    var panels = all.map(function (entry) {
      var style = deit.modelStyle(entry.index);
      var label = entry.model + ', ' + deit.kindName(entry.kind);
      var panel = deit.histogramPanel(view, [
        {name: label, colour: style.colour, histogram: entry.one.histogram}
      ], 90, 'value of the result of ' + entry.path);
      panel.name = label + (view.width < 500 ? ' ' : ': share of values ') +
          '(%, logarithmic)';
      panel.below = 54;
      return panel;
    });
    var chart = deit.stack(view, panels, [], {formatter: deit.binTip});
    chart.table = {columns: [
      deit.column('model', 'model'), {title: 'kind', value: function (entry) {
        return deit.kindName(entry.kind);
      }}, deit.column('worst one', 'path'),
      deit.column('codes used', 'used', 'count'),
      deit.column('all but unused', 'dead_percent', 'share')
    ], rows: all};
    chart.reading = 'Cut from minimum to maximum, of 256 codes are all but ' +
        'unused: ' +
        all.map(function (entry) {
          return deit.format(entry.dead_percent, 'share') + ' by ' + entry.model +
              '\'s ' + deit.kindName(entry.kind);
        }).join(', ') + '.';
    return chart;
  }
};
