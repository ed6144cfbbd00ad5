"""Every decoder of AI Watch against bytes that nobody in his right mind would send."""
