#include "stream/scan_int.h"
const struct scan_kernel *scan_kernel_avx512(void){return NULL;}
const struct scan_kernel *scan_kernel_avx2(void){return NULL;}
const struct scan_kernel *scan_kernel_sse2(void){return NULL;}
