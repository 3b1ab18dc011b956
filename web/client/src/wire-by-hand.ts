/**
 * Words of the wire written down by hand: reading at another time. They go away as the OpenAPI document comes to know
 * them: `wire.ts` then takes them from there, under the same name.
 */

/** What the first words of a stream say when it does not tell the present. */
export interface Shifted {
  delay_ms?: number;
  speed?: number;
  from?: string;
}
