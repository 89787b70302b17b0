// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Boot ROM of the AVX-512 guest: from the reset vector into long mode.
//
// The emulator has already placed kernel, initial file system, page tables and
// boot parameters in memory, so there is nothing to load and no BIOS to wait
// for. The addresses below are those of scripts/run-avx512.

  .set PAGE_TABLES, 0x8000
  .set BOOT_PARAMS, 0x10000
  .set IMAGE_END, 0x11ff8
  .set KERNEL_ENTRY, 0x1000000
  .set ROM_SEGMENT, 0xf000

  .text
  .code16
  .org 0xe000
start:
  cli
  mov $ROM_SEGMENT, %ax
  mov %ax, %ds
  lgdtl gdtPointer
  mov %cr4, %eax
  or $0x20, %eax                // PAE
  mov %eax, %cr4
  mov $PAGE_TABLES, %eax
  mov %eax, %cr3
  mov $0xc0000080, %ecx         // EFER
  rdmsr
  or $0x100, %eax               // long mode enable
  wrmsr
  mov %cr0, %eax
  and $0x9fffffff, %eax         // the reset value has caching off
  or $0x80000001, %eax          // paging and protection at once
  mov %eax, %cr0
  ljmpl $0x10, $(ROM_SEGMENT * 16 + longMode)

  .code64
longMode:
  mov $0x18, %eax
  mov %eax, %ds
  mov %eax, %es
  mov %eax, %ss

  // Bochs gives out host memory block by block on first touch, yet reads an
  // image in one go through its first block: touch the rest in that order.
  mov $KERNEL_ENTRY, %esi
touchBlocks:
  mov (%rsi), %al
  add $0x10000, %esi
  cmp %esi, IMAGE_END
  ja touchBlocks

  mov $BOOT_PARAMS, %esi
  mov $KERNEL_ENTRY, %eax
  jmp *%rax

  .balign 8
gdt:                            // selectors as the Linux boot protocol wants
  .quad 0, 0
  .quad 0x00af9b000000ffff      // 0x10: 64-bit code
  .quad 0x00cf93000000ffff      // 0x18: data
gdtPointer:
  .word . - gdt - 1
  .long ROM_SEGMENT * 16 + gdt

  .org 0xfff0
  .code16
  ljmp $ROM_SEGMENT, $start
  .org 0x10000
