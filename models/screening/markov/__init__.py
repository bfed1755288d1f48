"""Types that move by Markov kernels (LN; Pavan, Segal and Toikka 2014)."""
