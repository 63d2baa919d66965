const COUNTRY = /^[A-Z]{2}$/

/** Whether it has the form of an ISO 3166-1 alpha-2 code, in capitals. */
export const isCountry = (text: string): boolean => COUNTRY.test(text)
