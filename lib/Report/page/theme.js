// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Colours of charts, after Okabe and Ito's palette that colour-blind readers can
// tell apart, and the groups of modules that share a colour and a symbol.

deit.themes = {
  light: {
    ink: '#1f2328', soft: '#57606a', line: '#d0d7de', paper: '#ffffff',
    blue: '#0072b2', orange: '#d55e00', green: '#009e73', pink: '#b0578f',
    sky: '#4499cc', yellow: '#a87900', grey: '#7a838c'
  },
  dark: {
    ink: '#e6edf3', soft: '#9aa4af', line: '#39424c', paper: '#161b22',
    blue: '#58aee8', orange: '#f0883e', green: '#2fbf91', pink: '#dc9cc8',
    sky: '#8fd0f5', yellow: '#e3b341', grey: '#8d96a0'
  }
};

deit.groups = [
  {name: 'attention', colour: 'blue', symbol: 'circle',
   kinds: ['qkv', 'scores', 'probabilities', 'context', 'proj']},
  {name: 'MLP', colour: 'orange', symbol: 'rect',
   kinds: ['fc1', 'gelu', 'fc2']},
  {name: 'norms and residual sums', colour: 'green', symbol: 'diamond',
   kinds: ['norm', 'residual']},
  {name: 'convolutions', colour: 'blue', symbol: 'circle',
   kinds: ['conv', 'depthwise', 'pointwise']},
  {name: 'ReLUs', colour: 'orange', symbol: 'rect', kinds: ['relu', 'relu6']},
  {name: 'sums and pooling', colour: 'green', symbol: 'diamond',
   kinds: ['add', 'pool']},
  {name: 'first and last layer', colour: 'pink', symbol: 'triangle',
   kinds: ['patch_embedding', 'head']},
  {name: 'others', colour: 'grey', symbol: 'pin', kinds: []}
];

deit.groupOf = function (module) {
  return deit.groups.filter(function (group) {
    return group.kinds.indexOf(module.kind) >= 0;
  })[0] || deit.groups[deit.groups.length - 1];
};

/// How kinds of modules are called in sentences and on axes.
deit.kindNames = {
  patch_embedding: 'patch embedding', norm: 'layer norm',
  qkv: 'queries, keys, values', scores: 'attention scores',
  probabilities: 'softmax', context: 'attention result',
  proj: 'projection', residual: 'residual sum', gelu: 'GELU',
  conv: 'convolution', depthwise: 'depthwise convolution',
  pointwise: 'pointwise convolution', relu: 'ReLU', relu6: 'ReLU6', add: 'sum',
  pool: 'pooling'
};

deit.kindName = function (kind) {
  return deit.kindNames.hasOwnProperty(kind) ? deit.kindNames[kind] : kind;
};
