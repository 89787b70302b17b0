// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Elements and tables. Only the page runs this and what follows.

/// An element <name> with attributes and children; texts become text, never
/// markup.
deit.element = (name, attributes, ...children) => {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes || {}))
    if (value !== null && value !== undefined && value !== false)
      element.setAttribute(key, value);
  element.append(...children.flat().filter((child) => child !== null));
  return element;
};

deit.cell = (column, row, number) => {
  const value = column.value(row);
  return deit.element('td', {
    class: number ? 'number' : null,
    'data-value': typeof value === 'number' ? value : null
  }, deit.format(value, column.format));
};

deit.tableRows = (table, numeric) => table.rows.map((row) =>
  deit.element('tr', {}, table.columns.map((column, index) =>
    deit.cell(column, row, numeric[index]))));

/// Numbers sort from large to small first, and what is missing comes last.
deit.sortRows = (rows, column, descending) => rows.slice().sort((a, b) => {
  const left = column.value(a), right = column.value(b);
  const missing = (value) => value === null || value === undefined;
  if (missing(left) || missing(right)) return missing(left) - missing(right);
  const order = typeof left === 'number' ? left - right
                                         : String(left).localeCompare(right);
  return descending ? -order : order;
});

deit.sortable = (table, numeric, head, refill) => {
  table.columns.forEach((column, index) => {
    const cell = head.children[index];
    cell.replaceChildren(deit.element('button', {type: 'button'}, column.title));
    cell.firstChild.addEventListener('click', () => {
      const before = cell.getAttribute('aria-sort');
      const descending = before ? before === 'ascending' : numeric[index];
      for (const other of head.children) other.removeAttribute('aria-sort');
      cell.setAttribute('aria-sort', descending ? 'descending' : 'ascending');
      table.rows = deit.sortRows(table.rows, column, descending);
      refill();
    });
  });
};

/// The element of `table` {columns, rows}.
deit.table = (table) => {
  const numeric = table.columns.map((column) =>
    deit.isNumeric(column, table.rows));
  const body = deit.element('tbody', {}, deit.tableRows(table, numeric));
  if (table.headless)
    return deit.element('table', {class: 'plain'}, body);
  const head = deit.element('tr', {}, table.columns.map((column, index) =>
    deit.element('th', {class: numeric[index] ? 'number' : null, scope: 'col'},
                 column.title)));
  deit.sortable(table, numeric, head,
                () => body.replaceChildren(...deit.tableRows(table, numeric)));
  return deit.element('div', {class: 'scroll', tabindex: 0},
                      deit.element('table', {}, deit.element('thead', {}, head),
                                   body));
};
