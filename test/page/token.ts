/** The operator's token of the tests. */
export const TOKEN = 'a-token-of-more-than-32-characters-for-tests';
