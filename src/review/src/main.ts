import { mount, unmount } from 'svelte';
import App from './App.svelte';
import './app.css';
import { EmbeddedSource, sourceOf } from './data/source';
import { LANGUAGES, preferred } from './lang';
import { readRelease } from './model/release';
import { Page } from './state.svelte';

const source = sourceOf(document);
const target = document.getElementById('app') as HTMLElement;
const t = LANGUAGES[preferred(navigator.languages)];
let shown: object | null = null;

async function show(id: string | undefined): Promise<void> {
  const releases = await source.releases();
  const known = releases.some((each) => each.id === id) ? id : undefined;
  const page = new Page(await readRelease(await source.load(known)));
  page.systemDark = matchMedia('(prefers-color-scheme: dark)').matches;
  // On a phone's small map they would hide what it is there for.
  if (!matchMedia('(max-width: 700px)').matches) page.layers = [...page.layers, 'water'];
  page.restore(location.hash);
  if (shown) await unmount(shown);
  target.replaceChildren();
  const change = (other: string): void => void show(other);
  shown = mount(App, { target, props: { page, releases, embedded: source instanceof EmbeddedSource, change } });
  performance.mark('harmattan-ready');
}

target.textContent = t.loading;
document.documentElement.lang = t.locale.slice(0, 2);
show(new URLSearchParams(location.hash.slice(1)).get('release') ?? undefined).catch((error: unknown) => {
  target.textContent = `${t.failed} ${error instanceof Error ? error.message : String(error)}`;
  target.setAttribute('role', 'alert');
});
