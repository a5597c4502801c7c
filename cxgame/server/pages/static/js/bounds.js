// Bounds to what is kept: a page may stay open for days, and nothing is drawn while nobody looks.

// Of a list the last; half as many again are spared the moving about.
export function cut(list, most) {
  if (list.length > most * 1.5) list.splice(0, list.length - most);
}

// Of a map or a set what came last.
export function cutKeys(map, most) {
  while (map.size > most) map.delete(map.keys().next().value);
}
