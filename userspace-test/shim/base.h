/* SPDX-License-Identifier: GPL-2.0 */
/*
 * DUP: the kernel's everyday vocabulary, written anew on top of the compiler
 * and libc: types, arithmetic, bits, strings, atomics, messages.
 *
 * READ_ONCE() and WRITE_ONCE() are relaxed atomics: that is what the kernel
 * means by them, and it tells ThreadSanitizer that a race there is wanted.
 * Plain accesses stay plain.
 */
#ifndef _SHIM_BASE_H
#define _SHIM_BASE_H

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

/* What kernel this is. Only x86 has pages of 4 KiB and nothing else. */
#if PAGE_SHIFT == 12
#define CONFIG_X86_64		1
#endif
#define PAGE_SIZE		(1UL << PAGE_SHIFT)
#define BITS_PER_LONG		64
#define L1_CACHE_BYTES		64
#define cache_line_size()	L1_CACHE_BYTES

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;
typedef int8_t s8;
typedef int16_t s16;
typedef int32_t s32;
typedef int64_t s64;
typedef unsigned int gfp_t;

/* Compiler. */
#define likely(x)		__builtin_expect(!!(x), 1)
#define unlikely(x)		__builtin_expect(!!(x), 0)
#undef __always_inline
#define __always_inline		inline __attribute__((always_inline))
#define fallthrough		__attribute__((fallthrough))
#define noinline		__attribute__((noinline))
#define __aligned(n)		__attribute__((aligned(n)))
#define __printf(a, b)		__attribute__((format(printf, a, b)))
#define __alloc_size(...)	__attribute__((alloc_size(__VA_ARGS__)))
#define ____cacheline_aligned_in_smp	__aligned(L1_CACHE_BYTES)
#define __percpu
#define __force
#define _RET_IP_		((unsigned long)__builtin_return_address(0))
#define barrier()		__asm__ __volatile__("" ::: "memory")
#define READ_ONCE(x)		__atomic_load_n(&(x), __ATOMIC_RELAXED)
#define WRITE_ONCE(x, v)	__atomic_store_n(&(x), v, __ATOMIC_RELAXED)

/* 1 for an option that is defined as 1, else 0. */
#define IS_ENABLED(option)	SHIM_IS_ONE(option)
#define SHIM_IS_ONE(value)	SHIM_CHOOSE(SHIM_COMMA_##value)
#define SHIM_CHOOSE(comma)	SHIM_SECOND(comma 1, 0, 0)
#define SHIM_COMMA_1		0,
#define SHIM_SECOND(a, b, ...)	b

#define container_of(p, type, member) \
	((type *)((char *)(p) - offsetof(type, member)))
#define ARRAY_SIZE(a)		(sizeof(a) / sizeof((a)[0]))
#define swap(a, b) do { __auto_type _t = (a); (a) = (b); (b) = _t; } while (0)
#define __acquires(lock)
#define static_assert(condition)	_Static_assert(condition, #condition)
#define BUILD_BUG_ON(condition)	_Static_assert(!(condition), #condition)
#define struct_size(p, member, n) \
	(sizeof(*(p)) + (n) * sizeof((p)->member[0]))

/* Arithmetic. */
#define min(a, b) ({ __auto_type _a = (a); __auto_type _b = (b); _a < _b ? _a : _b; })
#define max(a, b) ({ __auto_type _a = (a); __auto_type _b = (b); _a > _b ? _a : _b; })
#define div_u64(n, d)		((u64)(n) / (d))
#define min_t(type, a, b)	min((type)(a), (type)(b))
#define max_t(type, a, b)	max((type)(a), (type)(b))
#define clamp(v, lo, hi)	min(max(v, lo), hi)
#define clamp_t(type, v, lo, hi)	clamp((type)(v), (type)(lo), (type)(hi))
#define U8_MAX			0xffU
#define U16_MAX			0xffffU
#define U32_MAX			0xffffffffU
#define div64_u64(a, b)		((u64)(a) / (u64)(b))
#define DIV_ROUND_UP(n, d)	(((n) + (d) - 1) / (d))
#define ALIGN_DOWN(x, a)	((x) & ~((__typeof__(x))(a) - 1))
#define ALIGN(x, a)		(((x) + (a) - 1) & ~((__typeof__(x))(a) - 1))
#define IS_ALIGNED(x, a)	(((x) & ((__typeof__(x))(a) - 1)) == 0)
#define check_mul_overflow(a, b, d)	__builtin_mul_overflow(a, b, d)
#define check_sub_overflow(a, b, d)	__builtin_sub_overflow(a, b, d)

static inline bool is_power_of_2(unsigned long n)
{
	return n && !(n & (n - 1));
}

static inline int fls(unsigned int x)
{
	return x ? 32 - __builtin_clz(x) : 0;
}

static inline unsigned long __fls(unsigned long x)
{
	return __builtin_clzl(x) ^ (BITS_PER_LONG - 1);		/* the compiler has one instruction for this */
}

static inline unsigned long __ffs(unsigned long x)
{
	return __builtin_ctzl(x);
}

static inline unsigned int ilog2(unsigned long x)
{
	return __fls(x);
}

static inline unsigned long roundup_pow_of_two(unsigned long x)
{
	return x < 2 ? 1 : 2UL << __fls(x - 1);
}

static inline int get_order(unsigned long bytes)
{
	return bytes <= PAGE_SIZE ? 0 : (int)__fls((bytes - 1) >> PAGE_SHIFT) + 1;
}

/* Division by an invariant: here the divisor itself will do. */
struct reciprocal_value {
	u32 divisor;
};

static inline struct reciprocal_value reciprocal_value(u32 d)
{
	return (struct reciprocal_value) { d };
}

static inline u32 reciprocal_divide(u32 a, struct reciprocal_value r)
{
	return a / r.divisor;
}

/* Bits. */
#define BIT_ULL(n)		(1ULL << (n))
#define __read_mostly
#define __ro_after_init
#define BIT(n)			(1UL << (n))
#define GENMASK(high, low)	((~0UL << (low)) & (~0UL >> (BITS_PER_LONG - 1 - (high))))
#define BITS_TO_LONGS(n)	DIV_ROUND_UP(n, BITS_PER_LONG)
#define DECLARE_BITMAP(name, n)	unsigned long name[BITS_TO_LONGS(n)]

static inline bool test_bit(unsigned int nr, const unsigned long *map)
{
	return READ_ONCE(map[nr / BITS_PER_LONG]) >> (nr % BITS_PER_LONG) & 1;
}

static inline void __set_bit(unsigned int nr, unsigned long *map)
{
	map[nr / BITS_PER_LONG] |= 1UL << (nr % BITS_PER_LONG);
}

static inline void __clear_bit(unsigned int nr, unsigned long *map)
{
	map[nr / BITS_PER_LONG] &= ~(1UL << (nr % BITS_PER_LONG));
}

static inline bool __test_and_set_bit(unsigned int nr, unsigned long *map)
{
	bool was = test_bit(nr, map);

	__set_bit(nr, map);
	return was;
}

static inline unsigned int find_next_bit(const unsigned long *map, unsigned int nbits,
					 unsigned int nr)
{
	while (nr < nbits) {
		unsigned long word = map[nr / BITS_PER_LONG] >> (nr % BITS_PER_LONG);

		if (word)
			return min(nr + (unsigned int)__builtin_ctzl(word), nbits);
		nr = (nr / BITS_PER_LONG + 1) * BITS_PER_LONG;
	}
	return nbits;
}

#define for_each_set_bit(i, map, nbits)					\
	for ((i) = find_next_bit(map, nbits, 0); (i) < (nbits);		\
	     (i) = find_next_bit(map, nbits, (i) + 1))

/* Atomic. */
static inline bool test_and_set_bit(unsigned int nr, unsigned long *map)
{
	unsigned long bit = 1UL << (nr % BITS_PER_LONG);

	return __atomic_fetch_or(&map[nr / BITS_PER_LONG], bit, __ATOMIC_SEQ_CST) & bit;
}

static inline void clear_bit(unsigned int nr, unsigned long *map)
{
	__atomic_fetch_and(&map[nr / BITS_PER_LONG], ~(1UL << (nr % BITS_PER_LONG)),
			   __ATOMIC_RELAXED);
}

static inline void bitmap_zero(unsigned long *map, unsigned int nbits)
{
	memset(map, 0, BITS_TO_LONGS(nbits) * sizeof(long));
}

static inline void bitmap_fill(unsigned long *map, unsigned int nbits)
{
	memset(map, 0xff, BITS_TO_LONGS(nbits) * sizeof(long));
}

static inline void bitmap_set(unsigned long *map, unsigned int start, unsigned int len)
{
	while (len--)
		__set_bit(start++, map);
}

static inline unsigned int bitmap_weight(const unsigned long *map, unsigned int nbits)
{
	unsigned int i, weight = 0;

	for_each_set_bit(i, map, nbits)
		weight++;
	return weight;
}

/* Strings. */
static inline long strscpy(char *to, const char *from, size_t size)
{
	size_t len = strnlen(from, size);

	if (!size)
		return -E2BIG;
	memcpy(to, from, min(len, size - 1));
	to[min(len, size - 1)] = '\0';
	return len < size ? (long)len : -E2BIG;
}

static inline void memzero_explicit(void *p, size_t n)
{
	memset(p, 0, n);
	barrier();
}

/* The first of @n bytes that is not @c, or NULL. */
static inline void *memchr_inv(const void *p, int c, size_t n)
{
	const u8 *byte = p, *end = byte + n;

	if (!n || (*byte == (u8)c && !memcmp(byte, byte + 1, n - 1)))
		return NULL;
	for (; byte < end; byte++)
		if (*byte != (u8)c)
			return (void *)byte;
	return NULL;
}

/* Atomics. */
typedef struct { int counter; } atomic_t;
typedef struct { long counter; } atomic_long_t;
typedef struct { s64 counter; } atomic64_t;

#define ATOMIC64_INIT(n)		{ n }

#define atomic_read(v)			READ_ONCE((v)->counter)
#define atomic_set(v, n)		WRITE_ONCE((v)->counter, n)
#define atomic_add_return(n, v)		__atomic_add_fetch(&(v)->counter, n, __ATOMIC_SEQ_CST)
#define atomic_add(n, v)		((void)atomic_add_return(n, v))
#define atomic_inc(v)			atomic_add(1, v)
#define atomic_dec_return(v)		atomic_add_return(-1, v)
#define atomic_long_read(v)		atomic_read(v)
#define atomic_long_set(v, n)		atomic_set(v, n)
#define atomic_long_add_return(n, v)	atomic_add_return(n, v)
#define atomic_long_add(n, v)		atomic_add(n, v)
#define atomic_long_sub(n, v)		atomic_add(-(long)(n), v)
#define atomic_long_inc(v)		atomic_add(1, v)
#define atomic_long_xchg(v, n)		xchg(&(v)->counter, (long)(n))
#define atomic_long_try_cmpxchg(v, old, new) \
	__atomic_compare_exchange_n(&(v)->counter, old, new, false,	\
				    __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST)

#define atomic64_read(v)		atomic_read(v)
#define atomic64_read_acquire(v)	__atomic_load_n(&(v)->counter, __ATOMIC_ACQUIRE)
#define atomic64_set(v, n)		atomic_set(v, n)
#define atomic64_add(n, v)		((void)__atomic_fetch_add(&(v)->counter, n, __ATOMIC_RELAXED))
#define atomic64_sub(n, v)		((void)__atomic_fetch_sub(&(v)->counter, n, __ATOMIC_RELAXED))
#define atomic64_fetch_add_acquire(n, v)	__atomic_fetch_add(&(v)->counter, n, __ATOMIC_ACQUIRE)
#define atomic64_fetch_add_release(n, v)	__atomic_fetch_add(&(v)->counter, n, __ATOMIC_RELEASE)
#define atomic64_fetch_sub_release(n, v)	__atomic_fetch_sub(&(v)->counter, n, __ATOMIC_RELEASE)
#define atomic64_cmpxchg(v, old, new)	cmpxchg(&(v)->counter, (s64)(old), (s64)(new))

#define cpu_relax()			__builtin_ia32_pause()

/* A read that may see anything, which is made up for: nothing to tell of. */
#ifdef __SANITIZE_THREAD__
void AnnotateIgnoreReadsBegin(const char *file, int line);
void AnnotateIgnoreReadsEnd(const char *file, int line);
#define data_race(expr) ({						\
	AnnotateIgnoreReadsBegin(__FILE__, __LINE__);			\
	__auto_type __value = (expr);					\
	AnnotateIgnoreReadsEnd(__FILE__, __LINE__);			\
	__value;							\
})
#else
#define data_race(expr)			(expr)
#endif

#define smp_load_acquire(p)		__atomic_load_n(p, __ATOMIC_ACQUIRE)
#define smp_store_release(p, v)		__atomic_store_n(p, v, __ATOMIC_RELEASE)

#define xchg(p, v)			__atomic_exchange_n(p, v, __ATOMIC_SEQ_CST)
#define cmpxchg(p, old, new) ({						\
	__typeof__(*(p)) __old = (old);					\
									\
	__atomic_compare_exchange_n(p, &__old, new, false,		\
				    __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);	\
	__old;								\
})

/* Messages: see log.c. */
void shim_printk(const char *fmt, ...);
void shim_bug(const char *fmt, ...) __attribute__((noreturn)) __printf(1, 2);

#define printk(...)		shim_printk(__VA_ARGS__)
#define pr_err(...)		shim_printk(__VA_ARGS__)
#define pr_err_ratelimited(...)	shim_printk(__VA_ARGS__)
#define panic(fmt, ...)		shim_bug("panic: " fmt, ##__VA_ARGS__)

/* A broken invariant of the product is the end of the test. */
#define WARN_ON(condition) ({						\
	if (condition)							\
		shim_bug("WARN_ON(%s) at %s:%d", #condition, __FILE__, __LINE__); \
	false;								\
})
#define WARN_ON_ONCE(condition)	WARN_ON(condition)

/* A static key is a flag; tests change it before threads start. */
struct static_key_false {
	bool enabled;
};

#define DECLARE_STATIC_KEY_FALSE(name)	extern struct static_key_false name
#define DEFINE_STATIC_KEY_FALSE(name)	struct static_key_false name
#define static_branch_likely(key)	likely((key)->enabled)
#define static_branch_unlikely(key)	unlikely((key)->enabled)
#define static_branch_enable(key)	((void)((key)->enabled = true))

#endif /* _SHIM_BASE_H */
