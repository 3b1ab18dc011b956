/** Runes everywhere: the older reactivity would mix two styles in one house. */
export default {
  compilerOptions: { runes: true },
};
