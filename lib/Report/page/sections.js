// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What the report consists of, in the order in which a person asks. The page and
// the Markdown file are two views of this.
//
// A block is one of {text}, {facts}, {questions}, {chart: id}, {module: true},
// {table: {title, columns, rows}}, {suggestions}.

/// A number worth a tile: where it is in the report, and what it is.
deit.fact = function (report, label, path, format, note) {
  var value = deit.at(report, path);
  if (value === null || value === undefined) return null;
  return {label: label, path: path, value: value, format: format, note: note};
};

deit.indexOf = function (list, key, value) {
  for (var index = 0; index < list.length; index++)
    if (list[index][key] === value) return index;
  return -1;
};

deit.facts = function (report) {
  var frontier = deit.list(report, 'frontier');
  var depth = deit.list(report, 'depth');
  var at = function (kind) {
    return 'frontier.' + deit.indexOf(frontier, 'kind', kind);
  };
  var last = 'depth.' + (depth.length - 1);
  return [
    deit.fact(report, 'top-1, float', 'float.top1', 'percent'),
    deit.fact(report, 'top-1, naive 8 bits', at('naive') + '.top1', 'percent'),
    deit.fact(report, 'top-1, w8a8', at('w8a8') + '.top1', 'percent'),
    deit.fact(report, 'agreement, w8a8', at('w8a8') + '.agreement', 'percent',
              'images of the float model\'s class'),
    deit.fact(report, 'size, float', 'model.float_bytes', 'bytes'),
    deit.fact(report, 'size, w8a8', at('w8a8') + '.bytes', 'bytes',
              'entropy-coded'),
    deit.fact(report, 'signal to noise, w8a8', last + '.w8a8_snr_db', 'decibel',
              'at the end of the residual stream'),
    deit.fact(report, 'parameters', 'model.parameters', 'count')
  ].filter(Boolean);
};

/// The module that the panel shows first: the one with the worst channel spread.
deit.firstModule = function (report) {
  var worst = deit.largest(report.modules, 'activations.channel_spread') ||
      deit.moduleOf(report, deit.list(report, 'ranking')[0]) ||
      report.modules[0];
  return worst ? worst.path : null;
};

deit.moduleColumns = function () {
  return [
    deit.column('module', 'path'),
    {title: 'kind', value: function (module) {
      return deit.kindName(module.kind);
    }},
    deit.column('spread of weights', 'weights.channel_spread', 'ratio'),
    deit.column('spread of results', 'activations.channel_spread', 'ratio'),
    deit.column('kurtosis of results', 'activations.kurtosis', 'plain'),
    deit.column('KL, alone quantized', 'sensitivity.both.kl', 'plain'),
    deit.column('SNR, integer', 'error.snr_db', 'decibel')
  ];
};

/// The numbers of one module, as [label, text].
deit.moduleFacts = function (module) {
  var shape = (module.shape || []).join(' × ');
  var columns = [
    {title: 'operation', value: function () { return module.operation; }},
    {title: 'kind', value: function () { return deit.kindName(module.kind); }},
    {title: 'shape of its results', value: function () { return shape; }}
  ].concat(deit.moduleColumns().slice(2), [
    deit.column('weights', 'weights.count', 'count'),
    deit.column('bits a weight', 'weights.bits', 'bits'),
    deit.column('size of its weights', 'weights.bytes', 'bytes'),
    deit.column('bits of its codes', 'codes.bits', 'count'),
    deit.column('codes used', 'codes.used', 'count'),
    deit.column('codes all but unused', 'codes.dead_percent', 'share'),
    deit.column('clipped', 'codes.clipped_percent', 'share'),
    deit.column('lost in the integer program', 'error.drop_db', 'decibel')
  ]);
  return columns.map(function (column) {
    return [column.title, deit.format(column.value(module), column.format)];
  }).filter(function (row) { return row[1] !== deit.nothing && row[1] !== ''; });
};

deit.rankingTable = function (report) {
  var rows = deit.list(report, 'ranking').slice(0, 10).map(function (path, rank) {
    return {rank: rank + 1, module: deit.moduleOf(report, path) || {path: path}};
  });
  if (!rows.length) return null;
  return {title: 'The ten worst', columns: [
    deit.column('', 'rank', 'count'), deit.column('module', 'module.path')
  ].concat(deit.sensitivityColumns().map(function (column) {
    return {title: column.title, format: column.format, value: function (row) {
      return column.value(row.module);
    }};
  })), rows: rows};
};

deit.methodRows = function (report) {
  var calibration = report.calibration || {}, evaluation = report.evaluation || {};
  var timing = report.timing || {}, model = report.model;
  return [
    ['command', report.command], ['made by', report.producer],
    ['model', model.name + ', ' + model.family + ', ' +
      deit.format(model.blocks, 'count') + ' blocks, ' +
      deit.format(model.classes, 'count') + ' classes'],
    ['calibration', calibration.file + ', ' +
      deit.format(calibration.images, 'count') + ' images'],
    ['accuracy', evaluation.file + ', ' +
      deit.format(evaluation.images, 'count') + ' images'],
    ['sensitivity of modules', deit.format(evaluation.sensitivity_images,
      'count') + ' images'],
    ['kinds, confirmation, other models', deit.format(evaluation.group_images,
      'count') + ' images'],
    ['time', deit.format(timing.seconds, 'seconds')],
    ['memory', deit.format(timing.peak_bytes, 'bytes') + ' at most']
  ];
};

deit.units = [
  ['top-1', 'images whose class is right, in percent of the images'],
  ['agreement', 'images that get the same class as from the float model, in ' +
    'percent; needs no labels and moves before accuracy does'],
  ['KL', 'Kullback-Leibler divergence of the class probabilities from the float ' +
    'model\'s, mean over the images, in nats; 0 is no change'],
  ['SNR', 'signal-to-noise ratio, the float values\' power over that of their ' +
    'errors, in decibels; 6 dB are one bit'],
  ['channel spread', 'the largest range of a channel over the median one; 1 is ' +
    'even'],
  ['kurtosis', 'fourth moment over the squared variance; 3 is a normal ' +
    'distribution, more are heavier tails'],
  ['beyond 6 deviations', 'values farther than 6 standard deviations from the ' +
    'mean, in percent of the values'],
  ['all but unused', 'codes that get less than a hundredth of an even share of ' +
    'the values, in percent of the codes'],
  ['weighted by gradients', 'values count by the square of their gradient, by ' +
    'what the likelihood owes them'],
  ['naive', '8 bits, one scale a tensor, from minimum to maximum'],
  ['w8a8', 'DeiT-MLIR\'s recipe of 8 bits']
];

deit.pairs = function (title, rows) {
  return {title: title, headless: true, columns: [
    {title: 'name', value: function (row) { return row[0]; }},
    {title: 'value', value: function (row) { return row[1]; }}
  ], rows: rows};
};

deit.charted = function (ids) {
  return ids.map(function (id) { return {chart: id}; });
};

/// All sections of `report`: {id, title, blocks}.
deit.sections = function (report) {
  var sections = [
    {id: 'summary', title: 'Summary', blocks: [
      {facts: deit.facts(report)}, {questions: deit.list(report, 'questions')}
    ]},
    {id: 'distributions', title: 'Distributions', blocks: deit.charted(
        ['weights', 'activations']).concat([{module: true}], deit.charted(
        ['balancing', 'gelu', 'softmax']))},
    {id: 'sensitivity', title: 'Sensitivity', blocks: [
      {chart: 'sensitivity-modules'}, {table: deit.rankingTable(report)},
      {chart: 'sensitivity-kinds'}, {chart: 'confirmation'}
    ]},
    {id: 'errors-in-depth', title: 'Depth', blocks: deit.charted(['depth'])},
    {id: 'integer', title: 'Float against integer',
     blocks: deit.charted(['float-against-integer'])},
    {id: 'done', title: 'What was done',
     blocks: deit.charted(['recipe', 'ablation', 'frontier'])},
    {id: 'models', title: 'Other models', blocks: deit.charted(
        ['comparison', 'comparison-spread', 'comparison-nonlinearities'])},
    {id: 'suggestions', title: 'Suggestions',
     blocks: [{suggestions: deit.list(report, 'suggestions')}]},
    {id: 'method', title: 'Method', blocks: [
      {table: deit.pairs('How this was measured', deit.methodRows(report))},
      {table: deit.pairs('Words and units', deit.units)}
    ]}
  ];
  sections.forEach(function (section) {
    section.blocks = section.blocks.filter(function (block) {
      return block.table !== null;
    });
  });
  return sections;
};

deit.moduleCharts = ['module-weights', 'module-activations',
                     'module-weight-channels', 'channels'];

/// Evidence of a suggestion, its unit with it.
deit.evidence = function (one) {
  var formats = {'%': 'share', percent: 'share', dB: 'decibel', db: 'decibel',
                 bytes: 'bytes', bits: 'bits'};
  var format = formats.hasOwnProperty(one.unit) ? formats[one.unit] : null;
  if (typeof one.value !== 'number' || format) return deit.format(one.value, format);
  return deit.format(one.value) + (one.unit ? ' ' + one.unit : '');
};
