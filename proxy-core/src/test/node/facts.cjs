// What PostgreSQL's own parser (npm libpg-query) finds in statements: one JSON object a line in, one a line out.
// {"sql": ...} gives the names it refers to; {"expression": ...} gives the tree of an expression as text.
const { loadModule, parseSync } = require('libpg-query');
const readline = require('readline');

const SYNTAX_FUNCTIONS = new Set(['timezone', 'similar_to_escape', 'like_escape', 'overlaps', 'xmlexists', 'is_normalized']);

function strings(list) {
  return (list || []).map(n => n.String ? n.String.sval || '' : n.A_Star ? '*' : '?');
}

function walk(node, key, facts) {
  if (Array.isArray(node)) {
    node.forEach(n => walk(n, key, facts));
    return;
  }
  if (node === null || typeof node !== 'object') {
    return;
  }
  if (key === 'lockedRels' || key === 'rel' && node.relname !== undefined || key === 'coldeflist'
      || key === 'cycle_mark_value' || key === 'cycle_mark_default') {
    return;
  }
  if (key === 'typeName') {
    return;
  }
  if (node.relname !== undefined) {
    facts.tables.push([node.schemaname, node.relname, node.alias && node.alias.aliasname].map(x => x || '').join('.'));
  }
  for (const [k, v] of Object.entries(node)) {
    if (k === 'ParamRef') {
      facts.parameters.push(v.number);
    } else if (k === 'ColumnRef') {
      facts.columns.push(strings(v.fields).join('.'));
    } else if (k === 'IndexElem' && v.name) {
      facts.columns.push(v.name);
    } else if (k === 'FuncCall') {
      const names = strings(v.funcname);
      const syntax = names.length === 2 && names[0] === 'pg_catalog' && SYNTAX_FUNCTIONS.has(names[1]);
      if (!syntax) {
        facts.functions.push(names[names.length - 1]);
      }
    } else if (k === 'A_Expr' && ['AEXPR_OP', 'AEXPR_OP_ANY', 'AEXPR_OP_ALL'].includes(v.kind)) {
      facts.operators.push(strings(v.name).join('.'));
    } else if (k === 'TypeCast') {
      const type = v.typeName;
      facts.types.push(strings(type.names).filter(n => n !== 'pg_catalog').join('.') + '[]'.repeat((type.arrayBounds || []).length));
    } else if (k === 'MultiAssignRef' && v.source.RowExpr && v.source.RowExpr.args.length === v.ncolumns) {
      // The row is repeated for each column; ours is taken apart.
      walk(v.source.RowExpr.args[v.colno - 1], 'args', facts);
      continue;
    } else if (k === 'SubLink') {
      facts.subqueries++;
    }
    walk(v, k, facts);
  }
}

function tree(n) {
  if (n.BoolExpr) {
    const b = n.BoolExpr, op = { AND_EXPR: 'AND', OR_EXPR: 'OR', NOT_EXPR: 'NOT' }[b.boolop];
    const args = [];
    const flat = x => x.BoolExpr && x.BoolExpr.boolop === b.boolop && op !== 'NOT' ? x.BoolExpr.args.forEach(flat) : args.push(tree(x));
    b.args.forEach(flat);
    return `(${op} ${args.join(' ')})`;
  }
  if (n.A_Expr) {
    const e = n.A_Expr, op = strings(e.name).join('.');
    const list = x => !x ? [] : x.List ? (x.List.items || []).map(tree) : [tree(x)];
    switch (e.kind) {
      case 'AEXPR_OP': return `(${op} ${[...list(e.lexpr), ...list(e.rexpr)].join(' ')})`;
      case 'AEXPR_LIKE': return `(${op === '~~' ? 'LIKE' : 'NOT LIKE'} ${[...list(e.lexpr), ...list(e.rexpr)].join(' ')})`;
      case 'AEXPR_IN': return `(${op === '=' ? 'IN' : 'NOT IN'} ${[...list(e.lexpr), ...list(e.rexpr)].join(' ')})`;
      case 'AEXPR_DISTINCT': return `(IS DISTINCT FROM ${[...list(e.lexpr), ...list(e.rexpr)].join(' ')})`;
      case 'AEXPR_NOT_DISTINCT': return `(IS NOT DISTINCT FROM ${[...list(e.lexpr), ...list(e.rexpr)].join(' ')})`;
      case 'AEXPR_BETWEEN': return `(BETWEEN ${[...list(e.lexpr), ...list(e.rexpr)].join(' ')})`;
      case 'AEXPR_NOT_BETWEEN': return `(NOT BETWEEN ${[...list(e.lexpr), ...list(e.rexpr)].join(' ')})`;
      case 'AEXPR_OP_ANY': return `(${op} ANY ${[...list(e.lexpr), ...list(e.rexpr)].join(' ')})`;
      case 'AEXPR_OP_ALL': return `(${op} ALL ${[...list(e.lexpr), ...list(e.rexpr)].join(' ')})`;
      default: return e.kind;
    }
  }
  if (n.ColumnRef) return strings(n.ColumnRef.fields).join('.');
  if (n.NullTest) return `(${n.NullTest.nulltesttype === 'IS_NULL' ? 'IS NULL' : 'IS NOT NULL'} ${tree(n.NullTest.arg)})`;
  if (n.BooleanTest) return `(${n.BooleanTest.booltesttype.replace('IS_', 'IS ').replace('NOT_', 'NOT ')} ${tree(n.BooleanTest.arg)})`;
  if (n.TypeCast) return `(:: ${tree(n.TypeCast.arg)})`;
  if (n.CollateClause) return `(COLLATE ${tree(n.CollateClause.arg)})`;
  if (n.FuncCall && strings(n.FuncCall.funcname).join('.') === 'pg_catalog.timezone') return `(AT TIME ZONE ${n.FuncCall.args.slice().reverse().map(tree).join(' ')})`;
  return Object.keys(n)[0];
}

function answer(request) {
  try {
    if (request.expression !== undefined) {
      const statement = parseSync('SELECT 1 FROM t WHERE ' + request.expression).stmts[0].stmt.SelectStmt;
      return { tree: tree(statement.whereClause) };
    }
    const parsed = parseSync(request.sql);
    const facts = { tables: [], parameters: [], columns: [], functions: [], operators: [], types: [], subqueries: 0 };
    walk(parsed.stmts.map(s => s.stmt), '', facts);
    for (const k of Object.keys(facts)) {
      if (Array.isArray(facts[k])) {
        facts[k] = facts[k].map(String).sort();
      }
    }
    return facts;
  } catch (e) {
    return { error: String(e.message || e) };
  }
}

(async () => {
  await loadModule();
  for await (const line of readline.createInterface({ input: process.stdin })) {
    if (line) {
      process.stdout.write(JSON.stringify(answer(JSON.parse(line))) + '\n');
    }
  }
})();
