import { createRequire } from 'node:module';

/** What is used of an `odoo-await` client. Its own types declare the members as static. */
export interface XmlRpcClient {
  uid: number;
  createClientOptions(path: string): object;
  /** Gives the uid; rejects with a string where Odoo does not accept the login. */
  connect(): Promise<unknown>;
  execute_kw(model: string, method: string, params: unknown[]): Promise<unknown>;
}

interface XmlRpcLibrary {
  Client: new (options: { baseUrl: string; db: string; username: string; password: string }) => XmlRpcClient;
  /**
   * The value with every text that holds `<`, `&` or `]]>` marked to be written as escaped text. The library would
   * write it as a CDATA section, where it overlooks a second `]]>` (so that the text's end is read as XML) and where
   * XML turns CR LF into LF.
   */
  plainText(value: unknown): unknown;
}

interface CustomType {
  tagName: string;
}

/** The part of `xmlrpc` that reads an answer, a stream's event at a time. */
interface Deserializer {
  /** The answer has ended. */
  onDone(): void;
  /** Rejects the call, where nothing did before. */
  onError(error: unknown): void;
}

let loading: Promise<XmlRpcLibrary> | undefined;

/** Loads `odoo-await` when it is first needed: who speaks another protocol never loads it. */
export function loadXmlRpc(): Promise<XmlRpcLibrary> {
  loading ??= load();
  return loading;
}

async function load(): Promise<XmlRpcLibrary> {
  const { default: Client } = (await import('odoo-await')) as unknown as { default: XmlRpcLibrary['Client'] };
  // The very `xmlrpc` that `odoo-await` uses: it knows its own custom types by their class.
  const ofOdooAwait = createRequire(createRequire(import.meta.url).resolve('odoo-await'));
  const { CustomType } = ofOdooAwait('xmlrpc') as { CustomType: new (raw: string) => CustomType };

  function plainText(value: unknown): unknown {
    if (typeof value === 'string') {
      return /[<&]|]]>/.test(value) ? Object.assign(new CustomType(value), { tagName: 'string' }) : value;
    }
    if (Array.isArray(value)) return value.map(plainText);
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, plainText(part)]));
  }

  containEnd(ofOdooAwait('xmlrpc/lib/deserializer') as { prototype: Deserializer });
  return { Client, plainText };
}

/** A `<fault>` without a value makes the library throw where an answer ends: in an event, which ends the process. */
function containEnd({ prototype }: { prototype: Deserializer }): void {
  const { onDone } = prototype;
  prototype.onDone = function (this: Deserializer) {
    try {
      onDone.call(this);
    } catch (error) {
      this.onError(error);
    }
  };
}
