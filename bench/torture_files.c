// SPDX-License-Identifier: GPL-2.0
/*
 * Files, as a thread of the kernel reads and writes them.
 *
 * Files in debugfs can be read into user memory only. There is some: insmod
 * waits until the run is over, and its memory is borrowed meanwhile.
 */
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/kthread.h>
#include <linux/mm.h>
#include <linux/mman.h>
#include <linux/sched.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#include "torture.h"

static struct mm_struct *insmod_mm;

/* In insmod's own context. */
void torture_files_init(void)
{
	insmod_mm = current->mm;
}

/* Up to @size bytes of @file by way of the user's page at @page. */
static ssize_t read_by_page(struct file *file, unsigned long page, char *buf, size_t size,
			    size_t chunk, loff_t *pos)
{
	char __user *user = (char __user *)page;
	size_t total = 0;
	ssize_t got;

	do {
		got = file->f_op->read(file, user, min(chunk, size - total), pos);
		if (got > 0 && copy_from_user(buf + total, user, got))
			got = -EFAULT;
		if (got < 0)
			return got;
		total += got;
	} while (got && total < size);
	return total;
}

static ssize_t read_as_user(struct file *file, char *buf, size_t size, size_t chunk)
{
	unsigned long page;
	loff_t pos = 0;
	ssize_t got;

	if (!insmod_mm || !file->f_op->read)
		return -EOPNOTSUPP;
	kthread_use_mm(insmod_mm);
	page = vm_mmap(NULL, 0, PAGE_SIZE, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS, 0);
	if (IS_ERR_VALUE(page)) {
		got = page;
	} else {
		got = read_by_page(file, page, buf, size, min(chunk, PAGE_SIZE), &pos);
		vm_munmap(page, PAGE_SIZE);
	}
	kthread_unuse_mm(insmod_mm);
	return got;
}

/*
 * Reads the file at @path, @chunk bytes at a time where it is in debugfs, and
 * ends the text with a 0. Returns its length; -EFBIG where @size is too small
 * for it. Files in debugfs can be read by threads of the kernel only.
 */
ssize_t torture_file_read(const char *path, char *buf, size_t size, size_t chunk)
{
	struct file *file = filp_open(path, O_RDONLY, 0);
	loff_t pos = 0;
	ssize_t got;

	if (IS_ERR(file))
		return PTR_ERR(file);
	if (file->f_op->read_iter)
		got = kernel_read(file, buf, size, &pos);
	else
		got = read_as_user(file, buf, size, chunk);
	filp_close(file, NULL);
	if (got < 0)
		return got;
	if (got == size)
		return -EFBIG;
	buf[got] = 0;
	return got;
}

static ssize_t write_as_user(struct file *file, const char *text, loff_t *pos)
{
	ssize_t put = -ENOMEM;
	unsigned long page;

	if (!insmod_mm)
		return -EFAULT;
	kthread_use_mm(insmod_mm);
	page = vm_mmap(NULL, 0, PAGE_SIZE, PROT_READ | PROT_WRITE, MAP_ANONYMOUS | MAP_PRIVATE, 0);
	if (!IS_ERR_VALUE(page)) {
		put = -EFAULT;
		if (!copy_to_user((char __user *)page, text, strlen(text)))
			put = file->f_op->write(file, (char __user *)page, strlen(text), pos);
		vm_munmap(page, PAGE_SIZE);
	}
	kthread_unuse_mm(insmod_mm);
	return put;
}

/* Returns 0 or an error. */
int torture_file_write(const char *path, const char *text)
{
	struct file *file = filp_open(path, O_WRONLY, 0);
	loff_t pos = 0;
	ssize_t put;

	if (IS_ERR(file))
		return PTR_ERR(file);
	if (file->f_op->write_iter)
		put = kernel_write(file, text, strlen(text), &pos);
	else
		put = write_as_user(file, text, &pos);
	filp_close(file, NULL);
	return put < 0 ? put : 0;
}

int torture_file_exists(const char *path)
{
	struct file *file = filp_open(path, O_RDONLY, 0);

	if (IS_ERR(file))
		return PTR_ERR(file);
	filp_close(file, NULL);
	return 0;
}

/* Errors that say nothing about the file: no memory, or insmod was told to end. */
bool torture_file_is_excused(int err)
{
	return err == -ENOMEM || err == -EINTR || err == -EFAULT;
}
