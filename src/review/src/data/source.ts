// Where the page gets its data: out of its own file, or from Harmattan's server. Nothing else is ever asked.

import { inflate } from './decode';
import type { Payload, ReleaseEntry } from './types';

export interface DataSource {
  /** Releases that can be shown, the newest first. */
  releases(): Promise<ReleaseEntry[]>;
  /** The document of one release; without an id, of the newest. */
  load(id?: string): Promise<Payload>;
}

/** The release that is written into the page's own file. */
export class EmbeddedSource implements DataSource {
  #payload: Promise<Payload>;

  constructor(base64: string) {
    this.#payload = inflate(base64).then((bytes) => JSON.parse(new TextDecoder().decode(bytes)) as Payload);
  }

  async releases(): Promise<ReleaseEntry[]> {
    const { release } = await this.#payload;
    const { id, experiment, origin, champion, measure } = release;
    return [{ id, experiment, origin, champion, measure, title: release.caption.title }];
  }

  load(): Promise<Payload> {
    return this.#payload;
  }
}

/** Harmattan's server: GET releases, GET releases/<experiment>/<name>/payload. */
export class ServerSource implements DataSource {
  constructor(
    private readonly root = '/api/v1',
    private readonly get: typeof fetch = (...request) => fetch(...request),
  ) {}

  async releases(): Promise<ReleaseEntry[]> {
    return (await this.#json('releases')) as ReleaseEntry[];
  }

  async load(id?: string): Promise<Payload> {
    const wanted = id ?? (await this.releases())[0]?.id;
    if (wanted === undefined) throw new Error('the server has no release yet: make one with "harmattan run"');
    const path = wanted.split('/').map(encodeURIComponent).join('/');
    return (await this.#json(`releases/${path}/payload`)) as Payload;
  }

  async #json(path: string): Promise<unknown> {
    const answer = await this.get(`${this.root}/${path}`, { headers: { accept: 'application/json' } });
    if (!answer.ok) throw new Error(`${this.root}/${path}: ${answer.status} ${answer.statusText}`);
    return answer.json();
  }
}

export function sourceOf(page: Document): DataSource {
  const held = page.getElementById('payload')?.textContent;
  return held ? new EmbeddedSource(held.trim()) : new ServerSource();
}
