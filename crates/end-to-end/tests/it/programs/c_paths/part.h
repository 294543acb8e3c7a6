static inline const char *file_of_header(void) { return __FILE__; }
