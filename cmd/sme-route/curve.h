/* sme-route curve: from which priority on somebody should be woken. */
#ifndef SME_ROUTE_CURVE_H
#define SME_ROUTE_CURVE_H

#define CURVE_WHAT "show what each threshold for waking somebody would have cost"

/* As main; ARGV[0] is "curve". */
int curve_main(int argc, char **argv);

#endif
