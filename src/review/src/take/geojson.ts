// Outlines with figures as GeoJSON: RFC 7946 wants rings the other way round than d3-geo.

import type { Outline } from '../model/release';
import type { Cell } from './csv';

export function geojson(outlines: Outline[], properties: Record<string, Cell>[], about: Record<string, Cell>): string {
  const features = outlines.map((shape, place) => ({
    type: 'Feature',
    properties: properties[place],
    geometry: {
      type: 'MultiPolygon',
      coordinates: shape.coordinates.map((polygon) => polygon.map((ring) => ring.toReversed())),
    },
  }));
  return JSON.stringify({ type: 'FeatureCollection', ...about, features });
}
