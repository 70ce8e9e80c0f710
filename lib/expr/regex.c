/* test(): Oniguruma, called as jq 1.6 calls it. */
#include "expr/expr_int.h"

/* The letters of test(re; letters); false for one that jq does not know. */
static bool
options_of(struct slice mods, OnigOptionType *options)
{
	*options = ONIG_OPTION_CAPTURE_GROUP;
	for (size_t i = 0; i < mods.n; i++)
		switch (mods.p[i]) {
		case 'g':
			break;
		case 'i':
			*options |= ONIG_OPTION_IGNORECASE;
			break;
		case 'x':
			*options |= ONIG_OPTION_EXTEND;
			break;
		case 's':
			*options |= ONIG_OPTION_SINGLELINE;
			break;
		case 'p':
			*options |= ONIG_OPTION_MULTILINE | ONIG_OPTION_SINGLELINE;
			break;
		case 'l':
			*options |= ONIG_OPTION_FIND_LONGEST;
			break;
		case 'n':
			*options |= ONIG_OPTION_FIND_NOT_EMPTY;
			break;
		default:
			return false;
		}
	return true;
}

static int
compile(struct sme_err *err, const struct node *n, regex_t **re)
{
	const OnigUChar *p = (const OnigUChar *)n->key.p;
	OnigUChar text[ONIG_MAX_ERROR_MESSAGE_LEN];
	OnigOptionType options;
	OnigErrorInfo info;
	int ret;

	if (!options_of(n->mods, &options)) {
		err_set(
		    err, SME_DATA, "%.*s is not a valid modifier string", SLICE_ARG(n->mods));
		return RES_ERROR;
	}
	ret =
	    onig_new(re, p, p + n->key.n, options, ONIG_ENCODING_UTF8, ONIG_SYNTAX_PERL_NG, &info);
	if (ret == ONIG_NORMAL)
		return RES_TRUE;
	onig_error_code_to_str(text, ret, &info);
	err_set(err, SME_DATA, "Regex failure: %s", (const char *)text);
	*re = NULL;
	return RES_ERROR;
}

int
expr_check_regex(const struct node *n, struct sme_err *err)
{
	regex_t *re = NULL;
	int r = compile(err, n, &re) == RES_TRUE ? 0 : -1;

	onig_free(re);
	return r;
}

int
expr_test(struct expr_run *run, const struct node *n, const struct val *in)
{
	regex_t **re = &run->regexes[n->regex];
	const OnigUChar *p, *end;
	struct slice s;
	int ret;

	if (in->type != JSON_STRING)
		return err_value(run, "", in, " cannot be matched, as it is not a string");
	if (!val_text(run, in, &s))
		return RES_PUNT;
	if (!*re) {
		ret = compile(run->err, n, re);
		if (ret != RES_TRUE)
			return ret;
	}
	if (n->needles) {
		enum needles_say say = needles_look(n->needles, s);

		if (say != NEEDLES_ASK)
			return say == NEEDLES_YES;
	}
	p = (const OnigUChar *)s.p;
	end = p + s.n;
	ret = onig_search(*re, p, end, p, end, NULL, ONIG_OPTION_NONE);
	if (ret >= 0)
		return RES_TRUE;
	return ret == ONIG_MISMATCH ? RES_FALSE : RES_PUNT;
}
