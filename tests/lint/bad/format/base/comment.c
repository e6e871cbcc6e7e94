/* A line of exactly 120 columns is the longest there may be, in UTF-8 too: “…” counts as three, not as nine -------- */
/* The formatter does not touch comments, so the length of this line, which goes on and on, has to be found without it --- */
