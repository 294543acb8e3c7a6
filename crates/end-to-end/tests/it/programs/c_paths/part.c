#include "part.h"
#include <math.h>
#include <stdio.h>
extern const char path_in_assembler[];
const char *in_c(void) { return __FILE__; }
const char *in_header(void) { return file_of_header(); }
const char *in_assembler(void) { return path_in_assembler; }
void greet(double number) {
    printf("C computes %.1f\n", sqrt(number));
    fflush(stdout);
}
