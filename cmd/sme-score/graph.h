/* sme-score graph: whose word weighs how much. */
#ifndef SME_SCORE_GRAPH_CMD_H
#define SME_SCORE_GRAPH_CMD_H

#define GRAPH_WHAT "give each author an influence, by who mentions and answers whom"

/* As main; ARGV[0] is "graph". */
int graph_main(int argc, char **argv);

#endif
