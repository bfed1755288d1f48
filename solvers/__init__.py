"""Engines that know no economics: programs, LP and QP backends, exact certificates."""
