import { typeError } from '../errors.ts';

/** The request is not well-formed XML, or not an XML-RPC call. */
export class XmlSyntaxError extends Error {
  override readonly name = 'XmlSyntaxError';
}

export interface XmlCall {
  method: string;
  params: unknown[];
}

interface Element {
  name: string;
  children: Element[];
  text: string;
}

/** Reads an XML-RPC call. No document type, no entities of its own: nothing that can grow. */
export function parseCall(xml: string): XmlCall {
  const root = parseXml(xml);
  const method = root.children.find((child) => child.name === 'methodName');
  if (root.name !== 'methodCall' || method === undefined) throw new XmlSyntaxError('not a methodCall');
  const params = root.children.find((child) => child.name === 'params')?.children ?? [];
  return { method: method.text.trim(), params: params.map((param) => toValue(only(param, 'value'))) };
}

function only(parent: Element, name: string): Element {
  const [child] = parent.children;
  if (child?.name !== name) throw new XmlSyntaxError(`<${parent.name}> without <${name}>`);
  return child;
}

function toValue(value: Element): unknown {
  const [typed] = value.children;
  // A value without a type is a string.
  if (typed === undefined) return value.text;
  switch (typed.name) {
    case 'string':
      return typed.text;
    case 'int':
    case 'i4':
    case 'i8':
    case 'double':
      return toNumber(typed);
    case 'boolean':
      return toBoolean(typed);
    case 'nil':
      return null;
    case 'base64':
      return Buffer.from(typed.text, 'base64').toString('utf8');
    case 'dateTime.iso8601':
      return toDatetime(typed.text.trim());
    case 'array':
      return only(typed, 'data').children.map(toValue);
    case 'struct':
      return Object.fromEntries(typed.children.map(toMember));
    default:
      throw new XmlSyntaxError(`unknown type <${typed.name}>`);
  }
}

function toNumber(element: Element): number {
  const text = element.text.trim();
  const number = Number(text);
  if (text === '' || Number.isNaN(number)) throw new XmlSyntaxError(`not a number in <${element.name}>`);
  return number;
}

function toBoolean(element: Element): boolean {
  const text = element.text.trim();
  if (text !== '0' && text !== '1') throw new XmlSyntaxError('bad boolean value');
  return text === '1';
}

/** `20261121T03:57:50` as Odoo would store it. */
function toDatetime(text: string): string {
  const match = /^(\d{4})-?(\d{2})-?(\d{2})T(\d{2}:\d{2}:\d{2})$/.exec(text);
  if (match === null) throw new XmlSyntaxError('bad dateTime.iso8601');
  const [, year, month, day, time] = match;
  return `${year}-${month}-${day} ${time}`;
}

function toMember(member: Element): [name: string, value: unknown] {
  const name = member.children.find((child) => child.name === 'name');
  const value = member.children.find((child) => child.name === 'value');
  if (name === undefined || value === undefined) throw new XmlSyntaxError('incomplete <member>');
  return [name.text, toValue(value)];
}

const TOKEN =
  /<!\[CDATA\[([\s\S]*?)\]\]>|<!--[\s\S]*?-->|<\?[\s\S]*?\?>|<(\/?)([\w.:-]+)[^<>]*?(\/?)>|([^<]+)/y;

function parseXml(xml: string): Element {
  const root: Element = { name: '', children: [], text: '' };
  const open: Element[] = [root];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < xml.length) {
    const at = TOKEN.lastIndex;
    const match = TOKEN.exec(xml);
    if (match === null) throw new XmlSyntaxError(`unclosed token: line 1, column ${at}`);
    const [, cdata, closing, name, empty, text] = match;
    const current = open.at(-1) ?? root;
    if (cdata !== undefined) current.text += cdata;
    else if (text?.includes(']]>'))
      throw new XmlSyntaxError(`not well-formed (invalid token): line 1, column ${at}`);
    else if (text !== undefined) current.text += decodeEntities(text);
    else if (name !== undefined && closing) {
      if (current.name !== name) throw new XmlSyntaxError(`mismatched tag: line 1, column ${at}`);
      open.pop();
    } else if (name !== undefined) {
      const element: Element = { name, children: [], text: '' };
      current.children.push(element);
      if (!empty) open.push(element);
    }
  }
  const [document] = root.children;
  if (document === undefined || open.length > 1) throw new XmlSyntaxError('no element found');
  return document;
}

const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

function decodeEntities(text: string): string {
  if (!text.includes('&')) return text;
  return text.replaceAll(/&([^;&\s]*);?/g, (_all, name: string) => {
    const known = ENTITIES[name];
    if (known !== undefined) return known;
    const code = /^#(?:x([\da-f]+)|(\d+))$/i.exec(name);
    const point = code === null ? Number.NaN : Number.parseInt(code[1] ?? code[2] ?? '', code[1] ? 16 : 10);
    if (!(point <= 0x10ffff)) throw new XmlSyntaxError('undefined entity');
    return String.fromCodePoint(point);
  });
}

/** The answer to a call. As in Odoo, null cannot be sent by XML-RPC. */
export function encodeResponse(result: unknown): string {
  return envelope(`<params>\n<param>\n${encodeValue(result)}</param>\n</params>\n`);
}

/** The answer to a call that failed. */
export function encodeFault(code: number | string, sentence: string): string {
  return envelope(`<fault>\n${encodeValue({ faultCode: code, faultString: sentence })}</fault>\n`);
}

function envelope(content: string): string {
  return `<?xml version="1.0"?>\n<methodResponse>\n${content}\n</methodResponse>\n`;
}

function encodeValue(value: unknown): string {
  if (value === null || value === undefined) {
    throw typeError('cannot marshal None unless allow_none is enabled');
  }
  if (typeof value === 'boolean') return `<value><boolean>${value ? 1 : 0}</boolean></value>\n`;
  if (typeof value === 'number') {
    const type = Number.isInteger(value) ? 'int' : 'double';
    return `<value><${type}>${value}</${type}></value>\n`;
  }
  if (Array.isArray(value)) {
    return `<value><array><data>\n${value.map(encodeValue).join('')}</data></array></value>\n`;
  }
  if (typeof value === 'object') {
    const members = Object.entries(value).map(
      ([name, item]) => `<member>\n<name>${escapeText(name)}</name>\n${encodeValue(item)}</member>\n`,
    );
    return `<value><struct>\n${members.join('')}</struct></value>\n`;
  }
  return `<value><string>${escapeText(String(value))}</string></value>\n`;
}

/** Control characters are not allowed in XML, escaped or not, and are left out. */
function escapeText(text: string): string {
  return text
    .replaceAll(/\p{Cc}/gu, (control) => (/[\t\n\r]/.test(control) || control >= '\x7f' ? control : ''))
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;');
}
