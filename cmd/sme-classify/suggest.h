/* sme-classify suggest: terms that a query lacks. */
#ifndef SME_CLASSIFY_SUGGEST_H
#define SME_CLASSIFY_SUGGEST_H

#define SUGGEST_WHAT "suggest words and phrases that a query lacks"

/* As main; ARGV[0] is "suggest". */
int suggest_main(int argc, char **argv);

#endif
