/** A name as statements have it, where they take none as a parameter. */
export const quoted = (name: string): string => `\`${name.replaceAll(/[`\\]/g, String.raw`\$&`)}\``
