/* sme-score reach: which counts are usual. */
#ifndef SME_SCORE_REACH_CMD_H
#define SME_SCORE_REACH_CMD_H

#define REACH_WHAT "learn from a log which counts are usual, for the reach"

/* As main; ARGV[0] is "reach". */
int reach_main(int argc, char **argv);

#endif
