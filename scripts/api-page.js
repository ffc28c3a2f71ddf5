// Writes docs/api.md from the declarations that a build has left in dist: npm run docs. With --check it writes nothing, and fails
// where the page is another. It uses the compiler of TypeScript 5.9, as TypeScript 7 has no stable API for programs yet.
import fs from 'node:fs';
import path from 'node:path';
import ts from 'typescript-5.9';
import { root } from './run.js';

const page = path.join(root, 'docs/api.md');
const entry = path.join(root, 'dist/src/index.d.ts');

const SECTIONS = [
  { title: 'Functions', holds: ts.isFunctionDeclaration },
  { title: 'Classes', holds: ts.isClassDeclaration },
  { title: 'Constants', holds: ts.isVariableDeclaration },
  { title: 'Interfaces', holds: ts.isInterfaceDeclaration },
  { title: 'Types', holds: ts.isTypeAliasDeclaration },
];

const program = ts.createProgram([entry], { module: ts.ModuleKind.NodeNext, target: ts.ScriptTarget.ES2023 });
const checker = program.getTypeChecker();

/** What index.ts exports, by name. */
function exported() {
  const source = program.getSourceFile(entry);
  const module = source && checker.getSymbolAtLocation(source);
  if (module === undefined) throw new Error('dist/src/index.d.ts is not there: build first');
  return checker
    .getExportsOfModule(module)
    .map((symbol) => ((symbol.flags & ts.SymbolFlags.Alias) === 0 ? symbol : checker.getAliasedSymbol(symbol)))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** @param {string} name */
const anchor = (name) => name.toLowerCase();

/**
 * A docstring as Markdown: its text, then its parameters, what is returned and what is thrown, each on a line.
 * @param {ts.Node} node
 */
function documentation(node) {
  const [comment] = ts.getJSDocCommentsAndTags(node).filter(ts.isJSDoc).slice(-1);
  if (comment === undefined) return '';
  const text = comment
    .getText()
    .replace(/^\/\*\*|\*\/$/g, '')
    .replace(/^[ \t]*\* ?/gm, '')
    .replace(/\{@link (\w+)\}/g, (_, name) => `[${name}](#${anchor(name)})`)
    .replace(/\s+/g, ' ')
    .trim();
  return text
    .replace(/\s*@param (\w+)/g, '\n\n`$1`:')
    .replace(/\s*@returns/g, '\n\nReturns')
    .replace(/\s*@throws \(rejects\) (as )?/g, (_, as) => `\n\nRejects ${as ?? 'with '}`)
    .replace(/\s*@throws/g, '\n\nThrows')
    .replace(/(?<![\w`])(?:ERR_HERMES)?(_[A-Z]+(?:_[A-Z]+)*)\b/g, '`ERR_HERMES$1`')
    .trim();
}

/**
 * A declaration as it is written, on one line, without its docstrings.
 * @param {ts.Node} node
 */
function code(node) {
  const text = node.getText().replace(/\/\*\*[\s\S]*?\*\//g, '');
  return text
    .replace(/^export /, '')
    .replace(/^(default |declare )+/, '')
    .replace(/\s+/g, ' ')
    .trim();
}

/** @param {ts.ClassElement | ts.TypeElement} member */
function isPublic(member) {
  if (ts.isSemicolonClassElement(member) || member.name === undefined) return ts.isConstructorDeclaration(member);
  return (
    !ts.isPrivateIdentifier(member.name) &&
    (ts.getCombinedModifierFlags(member) & (ts.ModifierFlags.Private | ts.ModifierFlags.Protected)) === 0
  );
}

/** @param {ts.ClassElement | ts.TypeElement} member */
function memberText(member) {
  const text = documentation(member).replaceAll('\n\n', '\n\n  ');
  return `- \`${code(member).replace(/;$/, '')}\`${text === '' ? '' : `\n\n  ${text}`}`;
}

/**
 * Without its members, and what the compiler writes for private fields.
 * @param {ts.ClassDeclaration | ts.InterfaceDeclaration} declaration
 */
function heading(declaration) {
  const text = code(declaration);
  return text.slice(0, text.indexOf('{')).trim();
}

/** @param {ts.Declaration} declaration */
function body(declaration) {
  if (ts.isClassDeclaration(declaration) || ts.isInterfaceDeclaration(declaration)) {
    const members = [...declaration.members].filter(isPublic).map(memberText);
    return [fenced(heading(declaration)), documentation(declaration), members.join('\n')];
  }
  const statement = ts.isVariableDeclaration(declaration) ? declaration.parent.parent : declaration;
  return [fenced(code(statement)), documentation(statement)];
}

/** @param {string} text */
const fenced = (text) => `\`\`\`ts\n${text.replace(/;$/, '')}\n\`\`\``;

/** @param {ts.Symbol} symbol */
const declarationsOf = (symbol) => symbol.declarations ?? [];

function render() {
  const symbols = exported();
  const sections = SECTIONS.map(({ title, holds }) => ({
    title,
    symbols: symbols.filter((symbol) => declarationsOf(symbol).some((declaration) => holds(declaration))),
  }));
  const forgotten = symbols.filter((symbol) => !sections.some((section) => section.symbols.includes(symbol)));
  if (forgotten.length > 0) throw new Error(`no section for ${forgotten.map(({ name }) => name).join(', ')}`);
  const contents = sections.map(
    (section) =>
      `- [${section.title}](#${anchor(section.title)}): ${section.symbols.map(({ name }) => `[${name}](#${anchor(name)})`).join(', ')}`,
  );
  const texts = sections.flatMap((section) => [
    `## ${section.title}`,
    ...section.symbols.flatMap((symbol) => [`### ${symbol.name}`, ...declarationsOf(symbol).flatMap(body)]),
  ]);
  const introduction =
    'Everything that `hermes-ipc` exports. This page is written by `npm run docs` from the docstrings in `src`: change those, not this.';
  return `${['# API', introduction, contents.join('\n'), ...texts].filter((text) => text !== '').join('\n\n')}\n`;
}

const text = render();
if (!process.argv.includes('--check')) fs.writeFileSync(page, text);
else if (!fs.existsSync(page) || fs.readFileSync(page, 'utf8') !== text) {
  console.error('docs/api.md is not what the docstrings say: npm run docs writes it');
  process.exitCode = 1;
}
