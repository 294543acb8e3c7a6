#ifdef __APPLE__
#define SYMBOL _path_in_assembler
    .section __TEXT,__const
#else
#define SYMBOL path_in_assembler
    .section .rodata
#endif
    .globl SYMBOL
SYMBOL:
    .asciz __FILE__
#ifdef __ELF__
    .section .note.GNU-stack,"",%progbits
#endif
